"""A configuration loads as written, or says which field is wrong and what to do."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgan.domain.places import LocalText
from qorgan.edge import config as configuration
from qorgan.edge.config import Button, Camera, load, parse
from qorgan.edge.toml import to_toml
from qorgan.kernel.errors import Conflict, Invalid
from qorgan.kernel.ids import ButtonKey, CameraKey
from qorgan.protocols.addresses import has_password, stream_mistake

WHOLE = """\
# Ескерту: бұл түсініктеме сақталуы керек
[site]
id = "kst-012"
name = { kk = "№12 мектеп", ru = "Школа № 12", en = "School 12" }
[storage]
data = "var/kst-012"
archive = "/srv/archive"
[centre]
nats = "nats://127.0.0.1:4222"
public_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
[[cameras]]
key = "hall"
name = { kk = "Фойе" }
zone = "entrance"
main = "rtsp://127.0.0.1:8554/kst-012/hall/main"
sub = "rtsp://127.0.0.1:8554/kst-012/hall/sub"
user = "qorgan"
[[buttons]]
key = "hall"
place = { kk = "Фойе, 1-қабат" }
cameras = ["hall"]
"""


DISKS = """
[[storage.disks]]
path = "{a}"
budget_gb = {gb}
[[storage.disks]]
path = "{b}"
budget_gb = 2000
[centre]"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "edge.toml"
    path.write_text(WHOLE, "utf-8")
    return path


def test_a_whole_file_loads_with_paths_from_where_it_stands(file: Path) -> None:
    config = load(file)
    assert config.storage.data == file.parent / "var/kst-012"
    assert config.storage.archive == Path("/srv/archive")
    assert config.core_socket == file.parent / "var/kst-012/core.sock"
    assert (config.cameras[0].user, config.buttons[0].cameras) == ("qorgan", ("hall",))
    assert (config.http.port, config.storage.keep_days, config.storage.budget_bytes) == (8101, 30, 20_000_000_000)


def test_without_disks_the_archive_is_the_only_one_and_with_them_it_takes_nothing_new(file: Path) -> None:
    assert [(Path("/srv/archive"), 20)] == [(place.path, place.budget_gb) for place in load(file).storage.places]
    several = parse(WHOLE.replace("[centre]", DISKS.format(a="/d1", b="/d2", gb=500)), file).storage.places
    assert [("/d1", 500), ("/d2", 2000), ("/srv/archive", 0)] == [
        (str(place.path), place.budget_gb) for place in several
    ]


def test_a_school_without_a_centre_stands_alone() -> None:
    alone = WHOLE[: WHOLE.index("[centre]")]
    assert parse(alone, Path("/x/edge.toml")).centre is None


@pytest.mark.parametrize(
    ("old", "new", "field", "advice"),
    [
        ('id = "kst-012"', 'id = "KST 012"', "site.id", "a-z, 0-9 and hyphen"),
        ('id = "kst-012"', "id = 12", "site.id", "expected `str`, got `int`"),
        ('id = "kst-012"', "", "site.id", "is missing; add it"),
        ('kk = "№12 мектеп"', 'kk = " "', "site.name.kk", "never empty"),
        ('data = "var/kst-012"', 'data = ""', "storage.data", "expected a path"),
        ('data = "var/kst-012"\n', "", "storage.data", "is missing"),
        ("[storage]", "[storage]\nbugdet_gb = 3", "storage.bugdet_gb", "did you mean `budget_gb`?"),
        ("[storage]", "[storage]\nbudget_gb = 0", "storage.budget_gb", "above 0"),
        ("[storage]", "[storage]\nkeep_days = nan", "storage.keep_days", "above 0"),
        ("[storage]", "[storage]\nmax_days = 29", "storage.max_days", "at least keep_days"),
        ("[storage]", "[storage]\nholds_gb = -1", "storage.holds_gb", "0 or more"),
        ("[centre]", DISKS.format(a="/d1", b="/d2", gb=0), "storage.disks[0].budget_gb", "above 0"),
        ("[centre]", DISKS.format(a="/d1", b="/d1/x", gb=1), "storage.disks[1].path", "inside another"),
        ("[centre]", "[http]\nport = 70000\n[centre]", "http.port", "1-65535"),
        ("nats://127", "http://127", "centre.nats", "nats://host:4222"),
        ("nats://127", "nats://a:hunter2@127", "centre.nats", "set-secret nats"),
        ('public_key = "AAA', 'public_key = "', "centre.public_key", "43 characters"),
        ('key = "hall"\nname', 'key = "Hall"\nname', "cameras[0].key", "a-z, 0-9 and hyphen"),
        ("rtsp://127.0.0.1:8554/kst-012/hall/main", "rtsp://a:hunter2@h/", "cameras[0].main", "set-secret camera/hall"),
        ("rtsp://127.0.0.1:8554/kst-012/hall/sub", "rtsp://a:hun/ter2@h/", "cameras[0].sub", "no place for secrets"),
        ('zone = "entrance"', 'zone = "a b"', "cameras[0].zone", "one word"),
        ('zone = "entrance"', 'tls_pin = "abc"', "cameras[0].tls_pin", "64 hexadecimal digits"),
        ('zone = "entrance"', 'tls_ca = "ca.pem"', "cameras[0].main", "write rtsps://"),
        ('zone = "entrance"', f'tls_pin = "{"0a" * 32}"\ntls_ca = "x"', "cameras[0].tls_ca", "keep one of the two"),
        ('cameras = ["hall"]', 'cameras = ["hall", "yard"]', "buttons[0].cameras[1]", "no camera 'yard'"),
        ("[[buttons]]", '[[buttons]]\nkey = "hall"\nplace = { kk = "x" }\n[[buttons]]', "buttons[1].key", "taken"),
        ('cameras = ["hall"]', "interval_s = 4", "buttons[0].interval_s", "5 to 86400"),
        ("[[buttons]]", "[[buttons", "", "this is not TOML"),
    ],
)
def test_a_mistake_names_file_field_and_remedy_and_no_secret(old: str, new: str, field: str, advice: str) -> None:
    assert old in WHOLE
    with pytest.raises(Invalid) as caught:
        parse(WHOLE.replace(old, new, 1), Path("/school/edge.toml"))
    sentence = str(caught.value)
    assert sentence.startswith("/school/edge.toml: ")
    assert field in sentence and advice in sentence
    assert "hunter2" not in sentence and "ter2" not in sentence


def test_a_file_that_is_not_there_or_not_text_says_so(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="qorgan edge init"):
        load(tmp_path / "edge.toml")
    (tmp_path / "edge.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Invalid, match="UTF-8"):
        load(tmp_path / "edge.toml")
    with pytest.raises(Invalid, match="cannot be read"):
        load(tmp_path)


@pytest.mark.parametrize("junk", ["", "http://h/x", "rtsp://", "x" * 5_000, "rtsp://h:99999/", "rtsp://h/a b"])
def test_an_address_that_makes_no_sense_is_its_cameras_trouble_alone(junk: str) -> None:
    """The buttons of that school still work: the file loads, and whoever asks is told what is wrong."""
    config = parse(WHOLE.replace("rtsp://127.0.0.1:8554/kst-012/hall/main", junk), Path("/x/edge.toml"))
    assert config.cameras[0].main == junk
    assert stream_mistake(junk)


@pytest.mark.parametrize(
    "good", ["rtsp://10.0.0.7/h264", "rtsps://[fe80::1]:322/a?b=c:d@e", "rtsp://cam.school:554/a@b"]
)
def test_a_good_address_is_left_alone(good: str) -> None:
    assert stream_mistake(good) is None
    assert not has_password(good)


def a_camera(**changes: object) -> Camera:
    fields: dict[str, object] = {"key": "yard", "name": LocalText(kk="Аула"), "main": "rtsp://10.0.0.8/main"}
    return Camera(**{**fields, **changes})  # type: ignore[arg-type]


def test_adding_leaves_every_byte_that_was_there(file: Path) -> None:
    file.write_text(WHOLE.rstrip("\n"), "utf-8")
    file.chmod(0o640)
    configuration.add_camera(file, a_camera(zone="yard", sub="rtsp://10.0.0.8/sub", user="админ"))
    button = Button(key=ButtonKey("gate"), place=LocalText(kk="Қақпа"), cameras=(CameraKey("yard"),))
    config = configuration.add_button(file, button)

    assert file.read_text("utf-8").startswith(WHOLE.rstrip("\n"))
    assert config == load(file)
    assert config.cameras[1] == a_camera(zone="yard", sub="rtsp://10.0.0.8/sub", user="админ")
    assert config.buttons[1] == button
    assert file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in file.parent.iterdir()] == ["edge.toml"]


@pytest.mark.parametrize("trust", [{"tls_pin": "AB:" * 31 + "cd"}, {"tls_ca": Path("/srv/school-ca.pem")}])
def test_whom_to_trust_behind_an_encrypted_address_survives_the_writing(file: Path, trust: dict[str, object]) -> None:
    camera = a_camera(main="rtsps://10.0.0.8/main", **trust)
    assert configuration.add_camera(file, camera).cameras[1] == camera == load(file).cameras[1]


@pytest.mark.parametrize(
    ("camera", "error"),
    [
        (a_camera(key="hall"), Conflict),
        (a_camera(key="Yard!"), Invalid),
        (a_camera(main="http://h/"), Invalid),
        (a_camera(main="rtsp://a:hunter2@h/"), Invalid),
        (a_camera(name=LocalText(kk="")), Invalid),
    ],
)
def test_what_cannot_be_added_leaves_the_file_as_it_was(file: Path, camera: Camera, error: type[Exception]) -> None:
    with pytest.raises(error):
        configuration.add_camera(file, camera)
    assert file.read_text("utf-8") == WHOLE


@given(name=st.text(min_size=1, max_size=50).filter(str.strip), user=st.text(max_size=20))
def test_any_text_survives_the_writing(name: str, user: str) -> None:
    """Quotes, backslashes, control characters, emoji: what was added is what is read."""
    camera = {"key": "yard", "name": {"kk": name}, "main": "rtsp://h/", "user": user}
    try:
        (name + user).encode("utf-8")
    except UnicodeEncodeError:
        return  # a lone surrogate is no text
    rows = "\n".join(f"{key} = {to_toml(value)}" for key, value in camera.items())
    config = parse(f"{WHOLE}\n[[cameras]]\n{rows}\n", Path("/x/edge.toml"))
    assert (config.cameras[1].name.kk, config.cameras[1].user) == (name, user)
