"""Answers the load balancer's health check; what cars report is yours to take."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Gateway(BaseHTTPRequestHandler):
    """Says that it is well."""

    def do_GET(self) -> None:
        """Answer 200 while the task can work."""
        self.send_response(200)
        self.end_headers()


if __name__ == "__main__":
    ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Gateway).serve_forever()
