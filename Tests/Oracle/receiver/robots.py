"""Chat robots as their makers describe them: limits, signatures, and failures inside answers."""

import base64
import collections
import hashlib
import hmac
import json
import re
import time


def make(kind, settings):
    return {"wecom": WeCom, "dingtalk": DingTalk, "feishu": Feishu, "slack": Slack}.get(kind, lambda _: None)(settings)


def signature(key, message):
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


class Robot:
    def __init__(self, settings):
        self.settings = settings
        self.moments = collections.deque()
        # Answers that are given first, whatever comes: [status, headers, body].
        self.scripted = collections.deque(settings.get("scripted", []))

    def answer(self, query, body):
        if self.scripted:
            scripted = self.scripted.popleft()
            if scripted is not None:
                status, headers, text = scripted
                return status, headers, text.encode()
        try:
            message = json.loads(body)
        except ValueError:
            message = None
        return self.judged(query, body, message)

    def is_too_often(self, limit, seconds):
        now = time.monotonic()
        while self.moments and now - self.moments[0] >= seconds:
            self.moments.popleft()
        if len(self.moments) >= limit:
            return True
        self.moments.append(now)
        return False

    def has_fresh_clock(self, seconds):
        return abs(time.time() - seconds) <= 3600


def answer_of(status=200, **fields):
    return status, {"Content-Type": "application/json"}, json.dumps(fields, ensure_ascii=False).encode()


class WeCom(Robot):
    def judged(self, query, body, message):
        if query.get("key") != self.settings["key"]:
            return answer_of(errcode=93000, errmsg="invalid webhook url, hint: [1]")
        if self.is_too_often(20, 60):
            return answer_of(errcode=45009, errmsg="api freq out of limit, hint: [1]")
        if message is None or message.get("msgtype") not in ("markdown", "text"):
            return answer_of(errcode=40008, errmsg="invalid message type")
        kind = message["msgtype"]
        limit = {"markdown": 4096, "text": 2048}[kind]
        content = message[kind]["content"]
        if not content:
            return answer_of(errcode=44004, errmsg="text content is empty")
        if len(content.encode()) > limit:
            return answer_of(errcode=40058, errmsg=f"{kind}.content exceed max length {limit}. invalid Request Parameter")
        return answer_of(errcode=0, errmsg="ok")


class DingTalk(Robot):
    def judged(self, query, body, message):
        if query.get("access_token") != self.settings["token"]:
            return answer_of(errcode=300005, errmsg="token is not exist") if query else answer_of(
                errcode=400101, errmsg="access_token not exist")
        secret = self.settings.get("secret")
        if secret:
            moment = query.get("timestamp", "")
            if not moment.isdigit() or not self.has_fresh_clock(int(moment) / 1000):
                return answer_of(errcode=310000, errmsg="invalid timestamp")
            if query.get("sign") != signature(secret, f"{moment}\n{secret}"):
                return answer_of(errcode=310000, errmsg="sign not match")
        if len(body) > 20_000:
            return answer_of(errcode=460101, errmsg="message too long, exceed 20000 bytes")
        if message is None or message.get("msgtype") != "markdown":
            return answer_of(errcode=400105, errmsg="unsupported msgtype")
        if self.settings.get("keyword") and self.settings["keyword"] not in message["markdown"]["text"]:
            return answer_of(errcode=310000, errmsg="keywords not in content")
        if self.is_too_often(20, 60):
            return answer_of(errcode=130101, errmsg="send too fast, exceed 20 times per minute")
        if not message["markdown"]["title"] or not message["markdown"]["text"]:
            return answer_of(errcode=40035, errmsg="lack of parameter")
        return answer_of(errcode=0, errmsg="ok")


class Feishu(Robot):
    def judged(self, query, body, message):
        if message is None:
            return answer_of(400, code=9499, msg="Bad Request", data={})
        secret = self.settings.get("secret")
        if secret:
            moment = str(message.get("timestamp", ""))
            if not moment.isdigit() or not self.has_fresh_clock(int(moment)):
                return answer_of(code=19021, msg="sign match fail or timestamp is not within one hour from current time", data={})
            if message.get("sign") != signature(f"{moment}\n{secret}", ""):
                return answer_of(code=19021, msg="sign match fail or timestamp is not within one hour from current time", data={})
        if len(body) > 20 * 1024:
            return answer_of(400, code=9499, msg="Bad Request", data={})
        text = json.dumps(message.get("content", {}), ensure_ascii=False)
        if self.settings.get("keyword") and self.settings["keyword"] not in text:
            return answer_of(code=19024, msg="Key Words Not Found", data={})
        if self.is_too_often(100, 60) or self.is_bursting():
            return answer_of(400, code=9499, msg="too many request", data={})
        if message.get("msg_type") != "post":
            return answer_of(code=19002, msg="params error, msg_type need", data={})
        for language in message["content"]["post"].values():
            for line in language["content"]:
                for element in line:
                    if element["tag"] not in ("text", "a", "at", "img"):
                        return answer_of(code=19002, msg="params error", data={})
        return answer_of(code=0, msg="success", data={}, StatusCode=0, StatusMessage="success")

    def is_bursting(self):
        now = time.monotonic()
        return sum(1 for moment in self.moments if now - moment < 1) > self.settings.get("per_second", 5)


class Slack(Robot):
    LIMITS = {"header": 150, "section": 3000, "mrkdwn": 3000}

    def judged(self, query, body, message):
        if message is None:
            return 400, {}, b"invalid_payload"
        if not message.get("text"):
            return 400, {}, b"no_text"
        blocks = message.get("blocks", [])
        if len(blocks) > 50 or any(not self.is_valid(block) for block in blocks):
            return 400, {}, b"invalid_blocks"
        if self.is_too_often(self.settings.get("per_second", 1), 1):
            return 429, {"Retry-After": "1"}, b"rate_limited"
        return 200, {}, b"ok"

    def is_valid(self, block):
        texts = block["elements"] if block["type"] == "context" else [block["text"]]
        limit = self.LIMITS.get(block["type"], 3000)
        for text in texts:
            if not 0 < len(text["text"].encode("utf-16-le")) // 2 <= limit:
                return False
            # Signs that were to be written as entities.
            plain = re.sub(r"&(amp|lt|gt);", "", text["text"])
            if text["type"] == "plain_text" and re.search(r"[&<>]", plain):
                return False
        return True
