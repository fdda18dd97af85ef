"""The requirement package axion-upstream."""

import socket
import threading
import unittest

from axion_upstream import UpstreamError, base_url, fetch


class Fetch(unittest.TestCase):
    def kind(self, url, **options):
        with self.assertRaises(UpstreamError) as caught:
            fetch(url, **options)
        return caught.exception.kind

    def serve(self, reaction):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def accept():
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                reaction(connection)

        threading.Thread(target=accept, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    def test_an_error_status_is_a_response(self):
        url = self.serve(lambda to: to.sendall(b"HTTP/1.0 404 Not Found\r\nContent-Type: text/x\r\n\r\nno"))
        response = fetch(url + "/thing?x=1")
        self.assertEqual((response.status, response.content_type, response.body), (404, "text/x", b"no"))

    def test_each_failure_has_its_kind(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        self.assertEqual(self.kind(f"http://127.0.0.1:{port}"), "refused")
        self.assertEqual(self.kind("http://no-such-host.invalid"), "unresolved")
        self.assertEqual(self.kind(self.serve(lambda to: to.close())), "protocol")
        done = threading.Event()
        self.addCleanup(done.set)
        self.assertEqual(self.kind(self.serve(lambda _: done.wait(5)), timeout=0.1), "timeout")

    def test_addresses(self):
        self.assertEqual(base_url("http://api:8080/"), "http://api:8080")
        for wrong in ("api:8080", "ftp://api", "http://", "http://api:99999", "http://api:x", "http://[::1"):
            with self.assertRaises(ValueError):
                base_url(wrong)
