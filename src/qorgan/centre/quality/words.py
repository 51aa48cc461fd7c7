"""Faults of cameras in words, the same as the console's (`remark.measured.fault` in its locales)."""

from collections.abc import Mapping
from types import MappingProxyType

from qorgan.domain.places import LocalText

_PICTURE = {
    "black": LocalText(kk="қара экран", ru="чёрный экран", en="black"),
    "overexposed": LocalText(kk="тым жарық", ru="пересвет", en="overexposed"),
    "underexposed": LocalText(kk="тым қараңғы", ru="слишком темно", en="underexposed"),
    "covered": LocalText(kk="жабылған", ru="закрыта", en="covered"),
    "moved": LocalText(kk="бұрылып кеткен", ru="сдвинута", en="moved"),
    "low_contrast": LocalText(kk="бұлдыр, түсі аз", ru="низкий контраст", en="low contrast"),
    "blurred": LocalText(kk="айқын емес", ru="размыто", en="blurred"),
    "frozen": LocalText(kk="тұрып қалған", ru="застыло", en="frozen"),
    "noisy": LocalText(kk="шуыл көп", ru="шум", en="noisy"),
    "striped": LocalText(kk="жолақтар", ru="полосы", en="striped"),
    "colour_cast": LocalText(kk="түсі бұзылған", ru="искажение цвета", en="colour cast"),
    "flickering": LocalText(kk="жыпылықтайды", ru="мерцание", en="flickering"),
    "smeared": LocalText(kk="әйнегі кір", ru="грязное стекло", en="smeared"),
}
_DELIVERY = {
    "low_resolution": LocalText(kk="ажыратымдылығы төмен", ru="низкое разрешение", en="low resolution"),
    "few_frames": LocalText(kk="кадр жиілігі төмен", ru="мало кадров в секунду", en="few frames a second"),
    "low_bitrate": LocalText(kk="битрейті тым төмен", ru="слишком низкий битрейт", en="bit rate too low"),
    "high_bitrate": LocalText(kk="битрейті тым жоғары", ru="слишком высокий битрейт", en="bit rate too high"),
    "rare_keyframes": LocalText(kk="тірек кадрлары сирек", ru="редкие опорные кадры", en="keyframes too rare"),
    "other_codec": LocalText(kk="басқа кодек", ru="не тот кодек", en="another codec"),
    "loss": LocalText(kk="дестелер жоғалады", ru="потери пакетов", en="packets are lost"),
    "jitter": LocalText(kk="кадрлар біркелкі келмейді", ru="кадры идут рывками", en="frames come unevenly"),
    "clock_offset": LocalText(kk="камера сағаты қате", ru="часы камеры сбиты", en="camera's clock is off"),
}
FAULTS: Mapping[str, LocalText] = MappingProxyType(_PICTURE | _DELIVERY)
STREAMS: Mapping[str, LocalText] = MappingProxyType(
    {
        "main": LocalText(kk="негізгі ағын", ru="основной поток", en="main stream"),
        "sub": LocalText(kk="қосымша ағын", ru="дополнительный поток", en="sub stream"),
    }
)
