from django.apps import AppConfig


class FramesConfig(AppConfig):
    name = "qorgan.centre.frames"
    label = "frames"
    verbose_name = "Сақталған кадрлар · Сохранённые кадры"
