from django.apps import AppConfig


class CamerasConfig(AppConfig):
    name = "qorgan.centre.cameras"
    label = "cameras"
    verbose_name = "Камералар · Камеры"
