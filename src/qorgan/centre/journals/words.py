"""Fixed texts of the printed journal, in three languages."""

from collections.abc import Mapping
from types import MappingProxyType

from qorgan.domain.places import LocalText

_ = LocalText
TEXTS: Mapping[str, LocalText] = MappingProxyType(
    {
        "title": _(
            kk="Нұсқамалар мен оқу-жаттығуларды есепке алу журналы",
            ru="Журнал учёта инструктажей и учебных мероприятий",
            en="Journal of briefings and drills",
        ),
        "school": _(kk="Ұйым", ru="Организация", en="Organisation"),
        "volume": _(kk="Том №", ru="Том №", en="Volume no."),
        "opened": _(kk="Басталды", ru="Начат", en="Begun"),
        "closed": _(kk="Аяқталды", ru="Окончен", en="Closed"),
        "form": _(kk="Нысан", ru="Форма", en="Form"),
        "form_status": _(
            kk="№ 117 бұйрықтың 3-қосымшасы, мазмұны шолулар бойынша; заң мәтінімен салыстырылмаған",
            ru="приложение 3 к приказу № 117, по обзорам; с текстом акта не сверена",
            en="annex 3 of order 117, by digests of it; not compared with the text of the act",
        ),
        "part1": _(kk="1-бөлім. Нұсқамалар", ru="Часть 1. Инструктажи", en="Part 1. Briefings"),
        "part2": _(kk="2-бөлім. Оқу-жаттығулар", ru="Часть 2. Учебные мероприятия", en="Part 2. Drills"),
        "number": _(kk="№", ru="№", en="No."),
        "date": _(kk="Күні", ru="Дата", en="Date"),
        "person_post": _(
            kk="Нұсқама алғанның аты-жөні, лауазымы",
            ru="Ф. И. О. и должность инструктируемого",
            en="Name and post of those briefed",
        ),
        "kind": _(kk="Нұсқама түрі", ru="Вид инструктажа", en="Type of briefing"),
        "instructor": _(
            kk="Нұсқама берушінің аты-жөні, лауазымы",
            ru="Ф. И. О. и должность инструктирующего",
            en="Name and post of the instructor",
        ),
        "signature": _(kk="Қолы", ru="Подпись", en="Signature"),
        "instructor_signature": _(
            kk="Нұсқама берушінің қолы", ru="Подпись инструктирующего", en="Instructor's signature"
        ),
        "topic": _(kk="Тақырыбы", ru="Тема", en="Topic"),
        "questions": _(kk="Қаралған сұрақтар", ru="Отработанные вопросы", en="Questions"),
        "present": _(kk="Қатысқандар саны", ru="Присутствовало", en="Number present"),
        "protocol": _(kk="Хаттама №", ru="Протокол №", en="Protocol no."),
        "struck": _(kk="СЫЗЫЛҒАН", ru="ЗАЧЁРКНУТО", en="STRUCK"),
        "head": _(kk="Басшы", ru="Руководитель", en="Head"),
        "responsible": _(kk="Жауапты адам", ru="Ответственное лицо", en="Responsible person"),
        "planned": _(kk="жоспарлы", ru="плановый", en="planned"),
        "unplanned": _(kk="жоспардан тыс", ru="внеплановый", en="unplanned"),
        "introductory": _(kk="кіріспе", ru="вводный", en="introductory"),
        "armed_attack": _(kk="Қарулы шабуыл", ru="Вооружённое нападение", en="Armed attack"),
        "threat_outside": _(kk="Сырттан қауіп", ru="Угроза снаружи", en="Threat outside"),
        "explosive": _(kk="Жарылғыш зат, анонимді қоңырау", ru="Взрывное устройство, анонимный звонок", en="Explosive"),
        "hostage": _(kk="Кепілге алу", ru="Захват заложников", en="Hostages"),
        "chemical": _(kk="Химиялық қауіп", ru="Химическая угроза", en="Chemical hazard"),
        "fire": _(kk="Өрт, эвакуация", ru="Пожар, эвакуация", en="Fire, evacuation"),
        "earthquake": _(kk="Жер сілкінісі", ru="Землетрясение", en="Earthquake"),
        "medical": _(kk="Медициналық жағдай, төбелес", ru="Медицинский случай, драка", en="Medical, quarrel"),
    }
)
