"""Logging in at a camera: what is answered, what is proved, and what is never sent."""

import hashlib
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgan.kernel.errors import Invalid
from qorgan.protocols.rtsp.auth import Challenge, Credentials, Login, parse_challenges, strongest

URL = "rtsp://camera.school:554/hall"


def fields(header: str | None) -> dict[str, str]:
    assert header is not None
    return {name: quoted or plain for name, quoted, plain in re.findall(r'([\w-]+)=(?:"([^"]*)"|([^,\s]+))', header)}


def hashed(algorithm: str, *parts: str) -> str:
    name = "sha256" if algorithm.startswith("SHA") else "md5"
    return hashlib.new(name, ":".join(parts).encode()).hexdigest()


def logged_in(challenge: str, user: str = "cam", password: str = "hush-hush") -> Login:
    login = Login(Credentials(user, password))
    assert login.challenged([challenge])
    return login


def test_the_example_of_the_standard():
    """RFC 7616 §3.9.1: the same inputs give the printed proofs."""
    for algorithm, proof in (
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ):
        header = (
            f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
            'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
            'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
        )
        login = logged_in(header, "Mufasa", "Circle of Life")
        login._cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
        said = fields(login.authorize("GET", "/dir/index.html"))
        assert (algorithm, proof) == (said["algorithm"], said["response"])
        assert "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS" == said["opaque"]


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "MD5-sess", "SHA-256-sess", "sha256", ""])
@pytest.mark.parametrize("qop", ["", "auth", "auth-int", "auth-int, auth"])
def test_each_form_of_digest_proves_the_password_as_the_standard_says(algorithm, qop):
    challenge = 'Digest realm="school", nonce="n1"' + (f", algorithm={algorithm}" if algorithm else "")
    login = logged_in(challenge + (f', qop="{qop}"' if qop else ""))
    for turn in (1, 2):
        said = fields(login.authorize("PLAY", URL))
        key = hashed(algorithm.upper(), "cam", "school", "hush-hush")
        if algorithm.endswith("sess"):
            key = hashed(algorithm, key, "n1", said["cnonce"])
        chosen = said.get("qop")
        ha2 = [f"PLAY:{URL}"] + ([hashed(algorithm.upper(), "")] if chosen == "auth-int" else [])
        middle = ["n1", f"{turn:08x}", said["cnonce"], chosen] if chosen else ["n1"]
        assert {"": None, "auth-int": "auth-int"}.get(qop, "auth") == chosen
        assert hashed(algorithm.upper(), key, *middle, hashed(algorithm.upper(), *ha2)) == said["response"]
    assert ("algorithm" in said) == bool(algorithm), "an old camera is not told what it did not say"


def test_several_challenges_in_one_header_or_in_many():
    one = 'Basic realm="a, b=c", Digest realm="a", nonce="1" , DIGEST realm="a",nonce="2",algorithm="SHA-256"'
    many = ['Basic realm="a"', 'Digest realm="a", nonce="1"', 'Digest realm="a", nonce="2", algorithm=SHA-256']
    for headers in ([one], many):
        best = strongest(headers)
        assert best is not None and ("SHA-256", "2") == (best.algorithm, best.params["nonce"])
    assert [Challenge("basic", {"realm": "a, b=c"})] == parse_challenges([one])[:1]
    assert strongest(["Negotiate", 'Digest realm="x", nonce="1", algorithm=SHA-512-256', "Digest realm=x"]) is None


def test_a_quoted_realm_with_quotes_and_bytes_of_no_encoding_goes_back_as_it_came():
    realm = b'\xcd\xf5 \\"3\\"'.decode("utf-8", "surrogateescape")
    said = logged_in(f'Digest realm="{realm}", nonce="1"').authorize("PLAY", URL)
    assert f'realm="{realm}"' in (said or "")


def test_basic_where_nothing_better_is_offered():
    assert "Basic Y2FtOtKb0rHQv9C40Y8=" == logged_in('Basic realm="x"', "cam", "құпия").authorize("PLAY", URL)


def test_a_stale_nonce_is_no_wrong_password():
    login = logged_in('Digest realm="a", nonce="1"')
    assert login.challenged(['Digest realm="a", nonce="2", stale="TRUE"'])
    assert "2" == fields(login.authorize("PLAY", URL))["nonce"]
    assert not login.challenged(['Digest realm="a", nonce="3"'])


def test_a_new_nonce_after_success_is_no_wrong_password_even_unsaid():
    """Cameras that give each nonce a minute do not all say `stale`."""
    login = logged_in('Digest realm="a", nonce="1", qop="auth"')
    login.authorize("DESCRIBE", URL)
    login.accepted()
    assert login.challenged(['Digest realm="a", nonce="2", qop="auth"'])
    assert "00000001" == fields(login.authorize("PLAY", URL))["nc"]
    assert not login.challenged(['Digest realm="a", nonce="3", qop="auth"'])


def test_nobody_talks_us_down_from_a_digest_to_the_bare_password():
    login = logged_in('Digest realm="a", nonce="1"')
    login.accepted()
    with pytest.raises(Invalid):
        login.challenged(['Basic realm="a"'])


def test_a_user_may_be_hashed():
    said = fields(logged_in('Digest realm="a", nonce="1", userhash=true, algorithm=SHA-256').authorize("PLAY", URL))
    assert (hashed("SHA-256", "cam", "a"), "true") == (said["username"], said["userhash"])


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=300) | st.binary(max_size=300).map(lambda b: b.decode("utf-8", "surrogateescape")))
def test_any_challenge_is_answered_or_refused(text):
    login = Login(Credentials("u", "p"))
    try:
        login.challenged([text, 'Digest nonce="1", ' + text])
    except Invalid:
        return
    assert "p\n" not in (login.authorize("PLAY", URL) or "")


@pytest.mark.parametrize("piece", ["a", 'a="', "a=b,", 'Digest "', "a= ", '\\"'])
def test_a_hostile_challenge_costs_no_time(piece):
    started = time.process_time()
    parse_challenges([piece * (16_000 // len(piece))] * 100)
    assert time.process_time() - started < 10, "seconds of the processor, not of a busy machine's clock"
