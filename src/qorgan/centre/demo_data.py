"""The registry of the demo: the real country, and schools, people and units that do not exist.

Three organisations in Qostanai have nodes in the demo town (`qorgan.demo.town` knows the same sites). All others are in
the registry and not connected, as most of a country is at first. Seeding again adds what is missing, changes nothing.
"""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from qorgan.centre.access import service as access
from qorgan.centre.access.models import RoleGrant, User
from qorgan.centre.alarms.models import Unit
from qorgan.centre.duty.models import DutyDesk, DutyMark, SchoolPerson
from qorgan.centre.plans import demo as plans
from qorgan.centre.plans import service as plan_service
from qorgan.centre.plans.models import Plan
from qorgan.centre.remarks import demo as remarks
from qorgan.centre.schools.models import School
from qorgan.centre.territory import service as territory
from qorgan.centre.territory.models import OperationsCentre, Region
from qorgan.domain.access import Body, Role
from qorgan.domain.duty import SchoolRole
from qorgan.domain.places import LocalText

REGION = "KZ39"
NEXT_REGION = "KZ11"  # the neighbour's
CITY = "KZ391000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    site: str
    kind: School.Kind
    district: str
    name: LocalText
    address: LocalText
    head: str
    lat: float
    lon: float


def _school(
    site: str, district: str, number: int, town: tuple[str, str, str], head: str, lat: float, lon: float
) -> Organisation:
    name = LocalText(kk=f"№ {number} мектеп", ru=f"Школа № {number}", en=f"School No. {number}")
    return _organisation(site, School.Kind.SCHOOL, district, name, town, head, lat, lon)


def _kindergarten(
    site: str, district: str, word: tuple[str, str], town: tuple[str, str, str], head: str, lat: float, lon: float
) -> Organisation:
    kk, en = word
    name = LocalText(kk=f"«{kk}» балабақшасы", ru=f"Детский сад «{kk}»", en=f"Kindergarten {en}")
    return _organisation(site, School.Kind.KINDERGARTEN, district, name, town, head, lat, lon)


def _organisation(
    site: str,
    kind: School.Kind,
    district: str,
    name: LocalText,
    town: tuple[str, str, str],
    head: str,
    lat: float,
    lon: float,
) -> Organisation:
    return Organisation(
        site=site, kind=kind, district=district, name=name, address=LocalText(*town), head=head, lat=lat, lon=lon
    )


def _in_city(kk: str, ru: str, en: str) -> tuple[str, str, str]:
    return f"Қостанай қ., {kk}", f"г. Костанай, {ru}", f"Qostanai, {en}"


RUDNY = ("Рудный қ.", "г. Рудный", "Rudny")
LISAKOVSK = ("Лисаков қ.", "г. Лисаковск", "Lisakovsk")
ARKALYK = ("Арқалық қ.", "г. Аркалык", "Arkalyk")
ZHITIKARA = ("Жітіқара қ.", "г. Житикара", "Zhitikara")

CONNECTED = (
    Organisation(
        site="kst-012",
        kind=School.Kind.SCHOOL,
        district=CITY,
        name=LocalText(kk="№ 12 мектеп", ru="Школа № 12", en="School No. 12"),
        address=LocalText(*_in_city("Абай даңғылы, 12", "проспект Абая, 12", "12 Abai Avenue")),
        head="Айгүл Сәрсенова",
        lat=53.2144,
        lon=63.6246,
    ),
    Organisation(
        site="kst-k03",
        kind=School.Kind.KINDERGARTEN,
        district=CITY,
        name=LocalText(kk="№ 3 «Балапан» балабақшасы", ru="Детский сад № 3 «Балапан»", en="Kindergarten No. 3 Balapan"),
        address=LocalText(*_in_city("Бәйтерек көшесі, 3", "улица Байтерек, 3", "3 Baiterek Street")),
        head="Гүлнар Омарова",
        lat=53.2271,
        lon=63.6402,
    ),
    Organisation(
        site="kst-c01",
        kind=School.Kind.COLLEGE,
        district=CITY,
        name=LocalText(
            kk="№ 1 политехникалық колледж", ru="Политехнический колледж № 1", en="Polytechnic College No. 1"
        ),
        address=LocalText(*_in_city("Тобыл көшесі, 21", "улица Тобол, 21", "21 Tobyl Street")),
        head="Ерлан Қасымов",
        lat=53.1987,
        lon=63.6098,
    ),
)

NOT_CONNECTED = (
    _school(
        "kst-005",
        CITY,
        5,
        _in_city("Достық көшесі, 5", "улица Достык, 5", "5 Dostyk Street"),
        "Марат Есенов",
        53.2203,
        63.6121,
    ),
    _school(
        "kst-018",
        CITY,
        18,
        _in_city("Наурыз көшесі, 18", "улица Наурыз, 18", "18 Nauryz Street"),
        "Динара Ахметова",
        53.2068,
        63.6519,
    ),
    _school(
        "kst-023",
        CITY,
        23,
        _in_city("Орталық көшесі, 7", "улица Центральная, 7", "7 Central Street"),
        "Ольга Петренко",
        53.1894,
        63.5903,
    ),
    _school(
        "kst-030",
        CITY,
        30,
        _in_city("Береке ықшамауданы", "микрорайон Береке", "Bereke district"),
        "Сәуле Нұрланова",
        53.2389,
        63.6687,
    ),
    _kindergarten(
        "kst-k11",
        CITY,
        ("Күншуақ", "Kunshuaq"),
        _in_city("Көктем көшесі, 11", "улица Коктем, 11", "11 Koktem Street"),
        "Асель Бекова",
        53.2112,
        63.6377,
    ),
    _kindergarten(
        "kst-k17",
        CITY,
        ("Айгөлек", "Aigolek"),
        _in_city("Жастар көшесі, 4", "улица Жастар, 4", "4 Zhastar Street"),
        "Нина Иванченко",
        53.2031,
        63.6254,
    ),
    _school("rud-004", "KZ392400", 4, RUDNY, "Талғат Жүнісов", 52.9702, 63.1189),
    _school("rud-013", "KZ392400", 13, RUDNY, "Елена Ким", 52.9588, 63.1322),
    _kindergarten("rud-k02", "KZ392400", ("Ақбота", "Aqbota"), RUDNY, "Жанар Тілеуова", 52.9651, 63.1040),
    _school("lis-002", "KZ392000", 2, LISAKOVSK, "Болат Сейітов", 52.5390, 62.4981),
    _kindergarten("lis-k01", "KZ392000", ("Балдәурен", "Baldauren"), LISAKOVSK, "Ирина Мельник", 52.5341, 62.5069),
    _school("ark-001", "KZ391600", 1, ARKALYK, "Қайрат Әбенов", 50.2486, 66.9110),
    _school("ark-006", "KZ391600", 6, ARKALYK, "Роза Дәулетова", 50.2541, 66.9202),
    _school("zht-003", "KZ394400", 3, ZHITIKARA, "Серік Мұқанов", 52.1901, 61.2009),
    _school("aul-001", "KZ393600", 1, ("Әулиекөл а.", "с. Аулиеколь", "Auliekol"), "Бақыт Оспанов", 52.3684, 64.0927),
    _school(
        "den-001", "KZ394000", 1, ("Денисовка а.", "с. Денисовка", "Denisovka"), "Татьяна Коваль", 52.4512, 61.7513
    ),
    _school(
        "kbl-002", "KZ395000", 2, ("Қарабалық к.", "п. Карабалык", "Karabalyk"), "Аслан Төлегенов", 53.7521, 62.0586
    ),
    _school("fed-001", "KZ396800", 1, ("Федоров а.", "с. Федоровка", "Fedorovka"), "Виктор Шульц", 53.6333, 62.7017),
    _school("sar-002", "KZ396200", 2, ("Сарыкөл к.", "п. Сарыколь", "Sarykol"), "Әсем Қалиева", 53.3206, 65.5331),
    _school(
        "men-001", "KZ395600", 1, ("Боровской а.", "с. Боровское", "Borovskoi"), "Нұржан Рахимов", 53.7989, 64.1925
    ),
    _school("uzn-001", "KZ396600", 1, ("Ұзынкөл а.", "с. Узунколь", "Uzunkol"), "Светлана Ли", 54.0122, 65.3601),
    _school(
        "nau-001", "KZ395800", 1, ("Қараменді а.", "с. Караменды", "Karamendy"), "Ғалия Смағұлова", 51.6602, 64.2308
    ),
    _school(
        "ast-077",
        "KZ711210",
        77,
        ("Астана қ., Есіл ауданы", "г. Астана, район Есиль", "Astana, Esil district"),
        "Мадина Сұлтанова",
        51.1282,
        71.4304,
    ),
    _school(
        "ala-040",
        "KZ751410",
        40,
        ("Алматы қ., Бостандық ауданы", "г. Алматы, Бостандыкский район", "Almaty, Bostandyk district"),
        "Тимур Алиев",
        43.2205,
        76.9123,
    ),
    _school("sem-009", "KZ101000", 9, ("Семей қ.", "г. Семей", "Semey"), "Жібек Қасенова", 50.4111, 80.2275),
)

UNITS = (  # name, latitude and longitude where it was last heard of
    (LocalText(kk="101-жасақ", ru="Наряд 101", en="Unit 101"), 53.2172, 63.6318),
    (LocalText(kk="102-жасақ", ru="Наряд 102", en="Unit 102"), 53.2055, 63.6121),
    (LocalText(kk="103-жасақ", ru="Наряд 103", en="Unit 103"), 53.2301, 63.6507),
    (LocalText(kk="204-жасақ", ru="Наряд 204", en="Unit 204"), None, None),
)
BROKEN_UNIT = LocalText(kk="205-жасақ", ru="Наряд 205", en="Unit 205")
BROKEN_BECAUSE = "жоспарлы техникалық қарау · плановое ТО"

DESKS = (
    LocalText(kk="1-пульт", ru="Пульт 1", en="Desk 1"),
    LocalText(kk="2-пульт", ru="Пульт 2", en="Desk 2"),
)

NEXT_DESK = LocalText(kk="Кезекші пульті", ru="Пульт дежурного", en="Duty desk")

# Whom to call at each connected organisation, in this order: name, role, last digits of a number that does not exist.
SCHOOL_PEOPLE = {
    "kst-012": (
        ("Айгүл Сәрсенова", SchoolRole.HEAD, "01"),
        ("Серік Ахметов", SchoolRole.GUARD, "02"),
        ("Ләззат Иманова", SchoolRole.DUTY_ADMINISTRATOR, "03"),
        ("Наталья Белова", SchoolRole.MEDIC, "04"),
    ),
    "kst-k03": (
        ("Гүлнар Омарова", SchoolRole.HEAD, "11"),
        ("Виктор Ли", SchoolRole.GUARD, "12"),
        ("Айман Жақыпова", SchoolRole.MEDIC, "13"),
    ),
    "kst-c01": (
        ("Ерлан Қасымов", SchoolRole.HEAD, "21"),
        ("Бауыржан Тілеков", SchoolRole.SAFETY, "22"),
        ("Игорь Мороз", SchoolRole.GUARD, "23"),
    ),
}


INSPECTORS = {  # e-mail addresses, by the body that each writes for
    Body.EDUCATION: "inspector@qorgan.demo",
    Body.POLICE: "police@qorgan.demo",
    Body.EMERGENCY: "emergency@qorgan.demo",
    Body.PROSECUTOR: "prosecutor@qorgan.demo",
}


@transaction.atomic
def seed(password: str) -> list[tuple[str, Role]]:
    """Fill the registry; everybody of the demo gets `password`. The demo's people: their e-mail and role."""
    territory.fill_in()
    centre, neighbour = _centres()
    for organisation in (*CONNECTED, *NOT_CONNECTED):
        _register(organisation)
    _units(centre)
    for position, name in enumerate(DESKS, start=1):
        _desk(centre, name, position)
    _desk(neighbour, NEXT_DESK, 1)
    people = _people(centre, neighbour, password)
    centre.supervisors.add(User.objects.get(email="chief@qorgan.demo"))
    neighbour.supervisors.add(User.objects.get(email="next.chief@qorgan.demo"))
    _school_people()
    _plans()
    remarks.seed(INSPECTORS)
    return people


def _desk(centre: OperationsCentre, name: LocalText, position: int) -> None:
    said = {"name_ru": name.ru, "name_en": name.en, "position": position}
    DutyDesk.objects.get_or_create(centre=centre, name_kk=name.kk, defaults=said)


def _units(centre: OperationsCentre) -> None:
    now = timezone.now()
    for name, lat, lon in UNITS:
        place = {"lat": lat, "lon": lon, "located_at": now if lat else None}
        said = {"name_ru": name.ru, "name_en": name.en}
        Unit.objects.get_or_create(centre=centre, name_kk=name.kk, defaults=said | place)
    broken = {"state": Unit.State.OUT_OF_SERVICE, "since": now, "reason": BROKEN_BECAUSE}
    said = {"name_ru": BROKEN_UNIT.ru, "name_en": BROKEN_UNIT.en}
    Unit.objects.get_or_create(centre=centre, name_kk=BROKEN_UNIT.kk, defaults=said | broken)


def _school_people() -> None:
    """The lists where there are none, and who is on duty today where nobody has said so yet."""
    marker, today, now = User.objects.get(email="head12@qorgan.demo"), timezone.localdate(), timezone.now()
    for site, people in SCHOOL_PEOPLE.items():
        school = School.objects.get(site=site)
        if not school.people.exists():
            for position, (name, role, digits) in enumerate(people):
                phone = f"+7 000 000 00 {digits}"
                SchoolPerson.objects.create(school=school, name=name, role=role, phone=phone, position=position)
        if not DutyMark.objects.filter(person__school=school, day=today).exists():
            for person in school.people.exclude(role=SchoolRole.HEAD):
                DutyMark.objects.create(person=person, day=today, at=now, by=marker)


def _plans() -> None:
    """A floor plan where a school has none: cameras and buttons by their keys, before their nodes tell of them."""
    actor = access.actor_for(User.objects.get(email="admin@qorgan.demo"))
    for building in plans.BUILDINGS:
        school = School.objects.get(site=building.site)
        if not Plan.objects.filter(school=school).exists():
            plan_service.establish(actor, school.pk, plans.layout_of(building), plans.draw(building))


def _centres() -> tuple[OperationsCentre, OperationsCentre]:
    """The town's, and the one next door, which is called when nobody here takes an alarm; and the other way round."""
    centre, _ = OperationsCentre.objects.get_or_create(
        name_kk="Қостанай ЖБО", defaults={"name_ru": "ЦОУ Костанай", "name_en": "Qostanai OC"}
    )
    neighbour, _ = OperationsCentre.objects.get_or_create(
        name_kk="Ақмола ЖБО", defaults={"name_ru": "ЦОУ Акмола", "name_en": "Akmola OC"}
    )
    for one, region, other in ((centre, REGION, neighbour), (neighbour, NEXT_REGION, centre)):
        one.regions.add(Region.objects.get(pk=region))
        OperationsCentre.objects.filter(pk=one.pk, neighbour=None).update(neighbour=other)
    return centre, neighbour


def _register(organisation: Organisation) -> None:
    name, address = organisation.name, organisation.address
    School.objects.get_or_create(
        site=organisation.site,
        defaults={
            "kind": organisation.kind,
            "name_kk": name.kk,
            "name_ru": name.ru,
            "name_en": name.en,
            "address_kk": address.kk,
            "address_ru": address.ru,
            "address_en": address.en,
            "head_name": organisation.head,
            "phone": "+7 000 000 00 00",
            "district_id": organisation.district,
            "lat": organisation.lat,
            "lon": organisation.lon,
        },
    )


def _people(centre: OperationsCentre, neighbour: OperationsCentre, password: str) -> list[tuple[str, Role]]:
    school = School.objects.get(site="kst-012")
    ways: list[tuple[str, str, Role, str, OperationsCentre | None]] = [
        ("officer@qorgan.demo", "Арман Досов", Role.DUTY_OFFICER, "kk", centre),
        ("officer2@qorgan.demo", "Дмитрий Волков", Role.DUTY_OFFICER, "ru", centre),
        ("chief@qorgan.demo", "Бибігүл Тасова", Role.DUTY_OFFICER, "kk", centre),
        ("next@qorgan.demo", "Қанат Әлиев", Role.DUTY_OFFICER, "kk", neighbour),
        ("next.chief@qorgan.demo", "Марина Пак", Role.DUTY_OFFICER, "ru", neighbour),
        ("head12@qorgan.demo", school.head_name, Role.HEAD, "kk", None),
        ("inspector@qorgan.demo", "Сандуғаш Ержанова", Role.INSPECTOR, "kk", None),
        ("police@qorgan.demo", "Ержан Сейдахметов", Role.INSPECTOR, "kk", None),
        ("emergency@qorgan.demo", "Андрей Кравцов", Role.INSPECTOR, "ru", None),
        ("prosecutor@qorgan.demo", "Алия Нұрпейісова", Role.INSPECTOR, "ru", None),
        ("ministry@qorgan.demo", "Данияр Қуатов", Role.MINISTRY, "ru", None),
        ("admin@qorgan.demo", "Әкімші", Role.ADMINISTRATOR, "ru", None),
    ]
    bodies = {email: body for body, email in INSPECTORS.items()}
    for email, name, role, language, of_centre in ways:
        known = User.objects.filter(email=email).first()
        if known is None:
            access.create_person(
                email=email,
                name=name,
                password=password,
                role=role,
                language=language,
                centre=of_centre,
                school=school if role is Role.HEAD else None,
                regions=(REGION,) if role is Role.INSPECTOR else (),
                body=bodies.get(email),
            )
        elif not known.check_password(password):
            known.set_password(password)
            known.save(update_fields=("password",))
        if email in bodies:  # seeded before inspectors had bodies
            RoleGrant.objects.filter(user__email=email, body="").update(body=bodies[email])
    return [(email, role) for email, _, role, _, _ in ways]
