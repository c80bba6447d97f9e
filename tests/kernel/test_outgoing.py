"""The one door out: it calls the open internet, once resolved, and nothing of our own network."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from cdp.kernel import outgoing
from cdp.kernel.outgoing import OutgoingRefused, Unanswered, Unreached
from tests.certificates import Authority, authority

HOOKS = "https://hooks.example.com/in?token=1"
PUBLIC = "93.184.216.34"


class Far(ThreadingHTTPServer):
    """The other side: remembers what it was asked, answers as its script says."""

    daemon_threads = True
    status = 200
    headers: ClassVar[dict[str, str]] = {}
    body = b"thanks"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Ear)
        self.asked: list[tuple[str, str, bytes, dict[str, str]]] = []


class _Ear(BaseHTTPRequestHandler):
    server: Far

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.server.asked.append(
            (self.command, self.path, self.rfile.read(length), dict(self.headers))
        )
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.body)

    do_GET = do_POST  # noqa: N815  (a name of http.server)

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority that the deployment is told to believe."""
    return authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def far(ours: Authority, settings: Any) -> Iterator[Far]:
    """A real server on the loopback, with a certificate for hooks.example.com."""
    settings.OUTGOING_CA_FILE = str(ours.pem)
    server = Far()
    tls = ours.server("hooks.example.com")
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Resolver:
    """The internet's names: each name has answers, one after the other; the last one stays."""

    def __init__(self, far: Far) -> None:
        self.answers: dict[str, list[str]] = {"hooks.example.com": [PUBLIC]}
        self.asked: list[str] = []
        self._far = far

    def getaddrinfo(self, host: str, port: int, *rest: Any, **more: Any) -> Any:
        """Answer as socket.getaddrinfo; the way to the public address ends at our server."""
        if host == PUBLIC:
            return _found("127.0.0.1", self._far.server_port)
        self.asked.append(host)
        if host not in self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        answers = self.answers[host]
        return _found(answers.pop(0) if len(answers) > 1 else answers[0], port)


def _found(address: str, port: int) -> list[Any]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return [(family, socket.SOCK_STREAM, 6, "", (address, port))]


@pytest.fixture
def resolver(far: Far, monkeypatch: pytest.MonkeyPatch) -> Resolver:
    """Put our names in the place of the internet's."""
    names = Resolver(far)
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    return names


def test_a_public_address_is_called_by_its_name(far: Far, resolver: Resolver) -> None:
    answer = outgoing.post(HOOKS, body=b"{}", headers={"Webhook-Id": "7"})

    assert (answer.status, answer.body) == (200, b"thanks")
    ((method, path, body, headers),) = far.asked
    assert (method, path, body) == ("POST", "/in?token=1", b"{}")
    assert (headers["Host"], headers["Webhook-Id"]) == ("hooks.example.com", "7")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::7f00:1]", "[::ffff:0:7f00:1]",
        "[fec0::1]", "[fe80::1]", "[fc00::1]", "[ff02::1]", "169.254.169.254", "100.64.0.1",
        "10.0.0.8", "192.168.1.1", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
        "[2001::7f00:1]", "0.0.0.0", "[::]", "240.0.0.1", "255.255.255.255", "224.0.0.1",
        "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "localhost.",
        "①②⑦.⓪.⓪.①",
    ],
)  # fmt: skip
def test_no_way_of_writing_an_inner_address_leads_there(host: str) -> None:
    """Case 52."""
    with pytest.raises(OutgoingRefused):
        outgoing.post(f"https://{host}/", body=b"{}")


@pytest.mark.parametrize(
    "inner",
    ["127.0.0.1", "::1", "::ffff:127.0.0.1", "::7f00:1", "::ffff:0:7f00:1", "fec0::1",
     "169.254.169.254", "100.64.0.1", "64:ff9b::a9fe:a9fe", "10.0.0.8", "192.0.0.170",
     "198.18.0.1", "3fff::1", "2002:7f00:1::"],
)  # fmt: skip
def test_no_name_that_leads_inside_is_followed(inner: str, far: Far, resolver: Resolver) -> None:
    """Case 52."""
    resolver.answers["hooks.example.com"] = [inner]

    with pytest.raises(OutgoingRefused):
        outgoing.get(HOOKS)

    assert resolver.asked == ["hooks.example.com"], "the name was looked up"
    assert far.asked == []


def test_a_name_that_changes_its_mind_is_asked_once(far: Far, resolver: Resolver) -> None:
    """Case 52, DNS rebinding: the checked address is the one that is called."""
    resolver.answers["hooks.example.com"] = [PUBLIC, "127.0.0.1"]

    assert outgoing.get(HOOKS).status == 200
    assert resolver.asked == ["hooks.example.com"]
    with pytest.raises(OutgoingRefused):
        outgoing.get(HOOKS)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/", "file:///etc/passwd", "gopher://hooks.example.com/",
        "ftp://hooks.example.com/", "//hooks.example.com/", "hooks.example.com", "",
        "https://hooks.example.com:22/", "https://hooks.example.com:6379/", "https:///x",
        "https://hooks.example.com:0/", "https://hooks.example.com:port/",
        "https://user:pass@hooks.example.com/", "https://hooks.example.com@127.0.0.1/",
        "https://hooks.example.com\\@127.0.0.1/", "https://hooks.example.com#@127.0.0.1/",
        "https://hooks.example.com/ HTTP/1.1\r\nX: y", "https://hooks.exam\tple.com/",
        "https://[::1%25eth0]/", "https://a..b/", f"https://{'a' * 64}.example.com/",
        "https://hooks.example.com/" + "x" * 2_000,
    ],
)  # fmt: skip
def test_an_address_of_another_kind_is_refused(url: str, resolver: Resolver) -> None:
    """Case 52: schemes, ports, user names, and what two parsers would read differently."""
    with pytest.raises(OutgoingRefused) as refusal:
        outgoing.post(url, body=b"")

    assert "example" not in str(refusal.value), "an address may hold a secret"
    assert resolver.asked == []


def test_a_redirect_is_an_answer_and_is_not_followed(far: Far, resolver: Resolver) -> None:
    """Case 52."""
    far.status, far.headers = 302, {"Location": "https://127.0.0.1/"}  # type: ignore[misc]  # per test

    assert outgoing.get(HOOKS).status == 302
    assert len(far.asked) == 1


def test_only_hosts_that_the_workspace_allows_are_called(far: Far, resolver: Resolver) -> None:
    assert outgoing.get(HOOKS, only=["hooks.example.com"]).status == 200
    with pytest.raises(OutgoingRefused):
        outgoing.get(HOOKS, only=["example.com"])


def test_a_certificate_of_another_name_is_not_believed(far: Far, resolver: Resolver) -> None:
    resolver.answers["other.example.com"] = [PUBLIC]

    with pytest.raises(Unreached):
        outgoing.post("https://other.example.com/", body=b"secret")

    assert far.asked == []


def test_an_unknown_name_says_that_nothing_was_sent(resolver: Resolver) -> None:
    with pytest.raises(Unreached):
        outgoing.get("https://nowhere.example.com/")


def test_an_answer_without_an_end_is_cut(far: Far, resolver: Resolver) -> None:
    far.body = b"x" * 300_000

    with pytest.raises(outgoing.AnswerTooLarge):
        outgoing.get(HOOKS, most_bytes=200_000)
    assert len(outgoing.get(HOOKS, most_bytes=300_000).body) == 300_000


def test_an_answer_that_takes_too_long_is_cut(
    far: Far, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "PATIENCE_SECONDS", 0.0)

    with pytest.raises(Unanswered, match="takes too long"):
        outgoing.get(HOOKS)


def test_a_packed_answer_is_not_unpacked(far: Far, resolver: Resolver) -> None:
    far.headers = {"Content-Encoding": "gzip"}  # type: ignore[misc]  # per test
    far.body = b"no gzip at all"

    assert outgoing.get(HOOKS).body == b"no gzip at all"


def test_a_connection_that_breaks_leaves_the_outcome_open(settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        place = f"127.0.0.1:{deaf.getsockname()[1]}"
        settings.OUTGOING_INTERNAL = frozenset([place])
        hanging_up = threading.Thread(target=lambda: deaf.accept()[0].close())
        hanging_up.start()

        with pytest.raises(Unanswered):
            outgoing.post(f"http://{place}/", body=b"{}")

        hanging_up.join()
    with pytest.raises(Unreached):
        outgoing.post(f"http://{place}/", body=b"{}")


def test_the_proxy_and_the_passwords_of_this_machine_stay_here(
    far: Far, resolver: Resolver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine hooks.example.com login me password secret")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")

    assert outgoing.get(HOOKS).status == 200
    assert "Authorization" not in far.asked[0][3]


def test_hosts_of_our_own_network_are_named_with_their_port(settings: Any) -> None:
    settings.OUTGOING_INTERNAL = frozenset(["witness.internal:8080"])

    assert outgoing.check("http://witness.internal:8080/add") == "http://witness.internal:8080/add"
    for other in ("http://witness.internal/", "http://witness.internal:8081/"):
        with pytest.raises(OutgoingRefused):
            outgoing.check(other)


def test_an_address_is_called_as_it_was_checked() -> None:
    assert outgoing.check("HTTPS://Bücher.Example.COM:443") == "https://xn--bcher-kva.example.com/"
    assert outgoing.check("https://hooks.example.com:8443/a?b=c") == (
        "https://hooks.example.com:8443/a?b=c"
    )
