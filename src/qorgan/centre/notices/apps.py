from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "qorgan.centre.notices"
    label = "notices"
    verbose_name = "Хабарламалар · Уведомления"
