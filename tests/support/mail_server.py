"""A mail server on loopback that keeps what it is given: enough of SMTP for a client to hand over a message."""

import email
import socketserver
import threading
from contextlib import contextmanager
from email.message import Message
from email.policy import default


class Conversation(socketserver.StreamRequestHandler):
    """One client: greets, accepts every command, keeps the text between DATA and the single dot."""

    def handle(self) -> None:
        self.say("220 loopback")
        while line := self.rfile.readline():
            command = line.strip().upper()
            if command == b"DATA":
                self.say("354 go on")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.messages.append(email.message_from_bytes(text, policy=default))
            elif command == b"QUIT":
                return self.say("221 bye")
            self.say("250 ok")

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def mail_server():
    """Yields ``(port, messages)``; messages (``email.message.Message``) are appended as they arrive."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        messages: list[Message] = []
        server.daemon_threads, server.messages = True, messages
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1], messages
        finally:
            server.shutdown()
