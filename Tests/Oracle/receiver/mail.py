"""Mail servers on loopback: plain, STARTTLS with a login, TLS from the first byte with a login."""

import asyncio
import collections
import email
import email.policy
import logging
import ssl
import threading
import warnings

from aiosmtpd.smtp import SMTP, AuthResult

# Handshakes that break are what is tested, and the port of TLS alone needs no TLS within.
logging.disable(logging.CRITICAL)
warnings.filterwarnings("ignore", module="aiosmtpd")

USER, PASSWORD = b"caliber", "pass word & 口令".encode()


class MailServers:
    def __init__(self, certificate):
        self.received = collections.defaultdict(list)
        self.lock = threading.Lock()
        self.ports = {}
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(self.context)
        is_ready = threading.Event()
        threading.Thread(target=self._run, args=(is_ready,), daemon=True).start()
        is_ready.wait(10)

    def _run(self, is_ready):
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        login = dict(auth_required=True, authenticator=authenticated)
        self._listen(loop, "smtp_plain", {}, None)
        self._listen(loop, "smtp_starttls", dict(tls_context=self.context, require_starttls=True, **login), None)
        self._listen(loop, "smtp_tls", dict(auth_require_tls=False, **login), self.context)
        is_ready.set()
        loop.run_forever()

    def _listen(self, loop, name, settings, context):
        server = loop.run_until_complete(
            loop.create_server(
                lambda: SMTP(Mailboxes(self, name), hostname="mail.test", **settings), "127.0.0.1", 0, ssl=context))
        self.ports[name] = server.sockets[0].getsockname()[1]

    def take(self, mailbox):
        with self.lock:
            return self.received.pop(mailbox, [])


def authenticated(server, session, envelope, mechanism, data):
    return AuthResult(success=data.login == USER and data.password == PASSWORD, handled=False)


class Mailboxes:
    def __init__(self, servers, name):
        self.servers = servers
        self.name = name

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused"):
            return "550 5.1.1 no such user"
        if address.startswith("later"):
            return "451 4.2.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        mail = parsed(envelope.content)
        mail.update(
            server=self.name, sender=envelope.mail_from, recipients=envelope.rcpt_tos,
            encrypted=server.transport.get_extra_info("cipher") is not None, login=bool(session.authenticated))
        if any(address.startswith("unwanted") for address in envelope.rcpt_tos):
            return "554 5.6.0 content refused"
        with self.servers.lock:
            for address in envelope.rcpt_tos:
                self.servers.received[address].append(mail)
        return "250 2.0.0 queued as 4711"


def parsed(content):
    message = email.message_from_bytes(content, policy=email.policy.default)
    lines = content.split(b"\r\n")
    return {
        "headers": {name: str(value) for name, value in message.items()},
        "text": message.get_body(("plain",)).get_content(),
        "html": message.get_body(("html",)).get_content(),
        "defects": [repr(defect) for part in message.walk() for defect in part.defects]
        + [repr(defect) for value in message.values() for defect in value.defects],
        "longest_line": max(len(line) for line in lines),
        "is_ascii": content.isascii(),
        "has_bare_line_ends": any(b"\n" in line or b"\r" in line for line in lines),
        "raw": content.decode("ascii", "replace"),
    }
