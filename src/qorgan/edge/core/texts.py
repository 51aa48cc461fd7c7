"""The words of the local screen in Kazakh, Russian and English."""

LANGUAGES = ("kk", "ru", "en")


def text(key: str, language: str) -> str:
    """The text, or the key itself for a code that a newer part of the node has made up."""
    row = TEXTS.get(key)
    return key if row is None else row[LANGUAGES.index(language)]


TEXTS: dict[str, tuple[str, str, str]] = {
    "since": ("мына уақыттан бері:", "с", "since"),
    "link": ("Орталықпен байланыс", "Связь с центром", "Link to the centre"),
    "link.up": ("Байланыс бар", "Связь есть", "Connected"),
    "link.down": ("Байланыс жоқ", "Связи нет", "Not connected"),
    "link.kept": (
        "Түймелер жұмыс істейді: дабыл осында сақталады және байланыс қалпына келгенде бірден жіберіледі.",
        "Кнопки работают: тревога сохраняется здесь и уйдёт сразу, как только связь вернётся.",
        "The buttons work: an alarm is kept here and sent as soon as the link returns.",
    ),
    "link.none": ("себебі белгісіз", "причина неизвестна", "cause unknown"),
    "link.no_centre": ("орталық бапталмаған", "центр не настроен", "no centre is configured"),
    "link.no_secret": ("орталықтың құпиясөзі енгізілмеген", "не введён пароль для центра", "no password is stored"),
    "link.wrong_password": ("орталық құпиясөзді қабылдамады", "центр не принял пароль", "the password was refused"),
    "link.unreachable": ("орталық жауап бермейді", "центр не отвечает", "the centre does not answer"),
    "link.lost": ("байланыс үзілді", "связь прервалась", "the connection was lost"),
    "waiting.alarms": ("Жіберілуін күткен дабылдар", "Тревоги ждут отправки", "Alarms waiting to be sent"),
    "waiting.events": ("Жіберілуін күткен хабарлар", "Сообщения ждут отправки", "Messages waiting to be sent"),
    "waiting.refused": ("Орталық қабылдамағандары", "Не приняты центром", "Refused by the centre"),
    "sources": ("Дабыл берудің ақаулы жолдары", "Неисправные источники тревоги", "Faulty ways of raising the alarm"),
    "source.silent": ("үнсіз", "молчит", "silent"),
    "source.fault": ("ақаулы", "неисправен", "faulty"),
    "source.no_key": ("шифр кілті енгізілмеген", "не введён ключ шифрования", "no encryption key is stored"),
    "cameras": ("Камералар", "Камеры", "Cameras"),
    "cameras.none": ("Камера қосылмаған.", "Камер пока нет.", "There are no cameras yet."),
    "stream.main": ("негізгі ағын", "основной поток", "main stream"),
    "stream.sub": ("қосымша ағын", "дополнительный поток", "sub stream"),
    "frames_per_s": ("кадр/с", "кадр/с", "frames/s"),
    "camera.connecting": ("қосылып жатыр", "подключается", "connecting"),
    "camera.live": ("жұмыс істеп тұр", "работает", "live"),
    "camera.stalled": ("кескін тоқтап қалды", "изображение остановилось", "the picture has stopped"),
    "camera.failed": ("жұмыс істемейді", "не работает", "not working"),
    "camera.disabled": ("өшірулі", "отключён", "switched off"),
    "camera.unknown": ("күйі белгісіз", "состояние неизвестно", "state unknown"),
    "camera.reason.none": ("", "", ""),
    "camera.reason.bad_url": ("мекенжайы қате", "неверный адрес", "wrong address"),
    "camera.reason.no_such_host": ("мұндай құрылғы жоқ", "такого устройства нет", "no such host"),
    "camera.reason.refused": ("қосылуға рұқсат бермеді", "отказано в соединении", "connection refused"),
    "camera.reason.timeout": ("жауап бермейді", "не отвечает", "no answer"),
    "camera.reason.wrong_password": ("логин не құпиясөз қате", "неверный логин или пароль", "wrong user or password"),
    "camera.reason.not_found": ("камерада мұндай ағын жоқ", "у камеры нет такого потока", "no such stream"),
    "camera.reason.not_rtsp": ("бұл камера емес", "это не камера", "this is not a camera"),
    "camera.reason.no_video": ("бейне жоқ", "нет видео", "no video"),
    "camera.reason.unsupported_codec": ("бұл кодек оқылмайды", "кодек не поддерживается", "unsupported codec"),
    "camera.reason.protocol_error": ("протокол қатесі", "ошибка протокола", "protocol error"),
    "camera.reason.closed": ("камера байланысты үзді", "камера разорвала связь", "the camera hung up"),
    "camera.reason.no_frames": ("кадрлар келмей жатыр", "кадры не приходят", "no frames arrive"),
    "camera.reason.untrusted": (
        "камераның сертификаты расталмады",
        "сертификат камеры не подтверждён",
        "the camera's certificate is not trusted",
    ),
    "camera.reason.node_silent": ("мектеп торабы үнсіз", "узел школы молчит", "the school node is silent"),
    "camera.reason.storage": ("мұрағатқа жазылмай жатыр", "архив не записывается", "the archive cannot be written"),
    "alarms": ("Соңғы дабылдар", "Последние тревоги", "Latest alarms"),
    "kind.real": ("дабыл", "тревога", "alarm"),
    "kind.drill": ("оқу-жаттығу", "учение", "drill"),
    "kind.test": ("сынақ", "проверка", "test"),
    "kiosk.lost": (
        "Тораппен байланыс жоқ: соңғы белгілі күй көрсетілген.",
        "Нет связи с узлом: показано последнее известное.",
        "No answer from the node: this is the last that is known.",
    ),
    "received": ("орталық қабылдады", "центр получил", "the centre has it"),
    "being_sent": ("жіберіліп жатыр", "отправляется", "being sent"),
    "fault.outbox.write_failed": (
        "Дискіге жазу мүмкін емес: дабыл сақталмайды. Полицияға 102 арқылы хабарлаңыз, техникті шақырыңыз.",
        "На диск нельзя записать: тревога не сохранится. Звоните 102 и вызовите техника.",
        "The disk cannot be written: an alarm would not be kept. Call the police by phone (102), and a technician.",
    ),
    "fault.outbox.ballast_gone": (
        "Диск толды: қалған орын дабылдарға ғана арналған.",
        "Диск заполнен: оставшееся место бережётся для тревог.",
        "The disk is full: what room is left is kept for alarms.",
    ),
    "fault.outbox.replaced": (
        "Дерекқор зақымданып, жаңасы ашылды; ескісі сақтаулы. Техникке хабарлаңыз.",
        "База данных была повреждена и заменена новой; старая сохранена. Сообщите технику.",
        "The database was damaged and begun anew; the old one is kept. Tell the technician.",
    ),
    "fault.outbox.alarm_refused": (
        "Орталық дабылды қабылдамады. Полицияға 102 арқылы хабарлаңыз.",
        "Центр не принял тревогу. Сообщите в полицию по телефону 102.",
        "The centre has refused an alarm. Call the police by phone (102).",
    ),
    "fault.outbox.event_refused": (
        "Орталық хабарлардың бірін қабылдамады.",
        "Центр не принял одно из сообщений.",
        "The centre has refused a message.",
    ),
    "fault.outbox.events_shed": (
        "Байланыс тым ұзақ болмағандықтан ескі хабарлардың бір бөлігі өшірілді.",
        "Связи не было слишком долго: часть старых сообщений удалена.",
        "The link was down for too long: some old messages were given up.",
    ),
    "fault.recorder.silent": (
        "Бейнежазба процесі жауап бермейді.",
        "Процесс видеозаписи не отвечает.",
        "The recorder does not answer.",
    ),
    "fault.storage.disk_out": (
        "Мұрағаттың бір дискісіне жазылмай тұр: ол ажыратылған, ақаулы немесе бөтен. Техникті шақырыңыз.",
        "На один из дисков архива не пишется: он отключён, неисправен или чужой. Вызовите техника.",
        "One of the archive's disks is not written: it is unplugged, broken or not ours. Call a technician.",
    ),
    "fault.storage.minimum_breaks": (
        "Мұрағатқа орын жетпейді: жазбаларды талап етілген мерзім бойы сақтау жақында мүмкін болмай қалады.",
        "Места в архиве не хватит: записи скоро не удастся хранить положенный срок.",
        "The archive will be too small: recordings will soon not be kept for the days required.",
    ),
    "fault.storage.minimum_broken": (
        "Орын жетпегендіктен, жазбалардың бір бөлігі талап етілген мерзімнен бұрын өшірілді.",
        "Не хватило места: часть записей удалена раньше положенного срока.",
        "There was no room: some recordings were deleted before the days required had passed.",
    ),
    "fault.button.no_token": (
        "Бір түйменің кілті сақталмаған: ол жұмыс істемейді.",
        "Для одной из кнопок не сохранён ключ: она не работает.",
        "A button has no token stored: it does not work.",
    ),
    "fault.button.contact_silent": (
        "Камераға қосылған дабыл түймесінің камерасы жауап бермейді: түйме жұмыс істемейді. Техникті шақырыңыз.",
        "Камера, к которой подключена тревожная кнопка, не отвечает: кнопка не работает. Вызовите техника.",
        "The camera to which a panic button is wired does not answer: the button does not work. Call a technician.",
    ),
    "fault.source.silent": (
        "Дабыл берудің бір жолынан белгі келмей тұр: одан дабыл жетпеуі мүмкін. Техникті шақырыңыз.",
        "Один из источников тревоги молчит: тревога от него может не прийти. Вызовите техника.",
        "One way of raising the alarm is silent: an alarm may not come through. Call a technician.",
    ),
    "fault.source.fault": (
        "Дабыл берудің бір жолы ақаулы (батарея, желі немесе қуат). Техникті шақырыңыз.",
        "Один из источников тревоги неисправен (батарея, линия или питание). Вызовите техника.",
        "One way of raising the alarm is faulty (battery, wiring or power). Call a technician.",
    ),
    "fault.staff.certificate": (
        "Қызметкерлер парағының сертификаты жарамсыз: телефондар оны ашпайды. Техникті шақырыңыз.",
        "Сертификат страницы персонала непригоден: телефоны её не открывают. Вызовите техника.",
        "The certificate of the staff page is no good: phones do not open it. Call a technician.",
    ),
    "fault.staff.certificate_ends": (
        "Қызметкерлер парағы сертификатының мерзімі 30 күн ішінде бітеді. Техникке хабарлаңыз.",
        "Сертификат страницы персонала истекает в течение 30 дней. Сообщите технику.",
        "The certificate of the staff page ends within 30 days. Tell the technician.",
    ),
    "fault.secrets.damaged": (
        "Құпия деректер файлы зақымданған: түймелер мен байланыс жұмыс істемеуі мүмкін.",
        "Файл секретов повреждён: кнопки и связь могут не работать.",
        "The file of secrets is damaged: buttons and link may not work.",
    ),
}
