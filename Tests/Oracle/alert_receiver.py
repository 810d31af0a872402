"""Receivers of alerts on loopback: one JSON request a line in, one JSON answer a line out, until the input ends.

Request: {"where": true}                            ports, hosts and the file of the certificate authority
         {"case": "name", "behaviour": {...}}       what http://127.0.0.1:PORT/name does from now on (receiver/web.py)
         {"take": "name"}                           what came there since the last time it was asked
         {"mailbox": "name@example.com"}            mails that reached this recipient since the last time
Answer:  {"result": ...}, or {"error": "..."}
"""

import json
import os
import sys
import tempfile

import trustme

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from receiver.mail import MailServers
from receiver.web import WebServers


def main():
    with tempfile.TemporaryDirectory(prefix="caliber-receiver-") as folder:
        authority = trustme.CA()
        authority_file = os.path.join(folder, "authority.pem")
        authority.cert_pem.write_to_path(authority_file)
        certificate = authority.issue_cert("localhost", "127.0.0.1")
        web = WebServers(certificate)
        mail = MailServers(certificate)
        for line in sys.stdin:
            try:
                answer = {"result": answered(json.loads(line), web, mail, authority_file)}
            except Exception as problem:
                answer = {"error": f"{type(problem).__name__}: {problem}"}
            print(json.dumps(answer), flush=True)


def answered(request, web, mail, authority_file):
    if "where" in request:
        return {**web.ports, **mail.ports, "authority_file": authority_file}
    if "case" in request:
        web.behave(request["case"], request["behaviour"])
        return True
    if "take" in request:
        return web.take(request["take"])
    return mail.take(request["mailbox"])


main()
