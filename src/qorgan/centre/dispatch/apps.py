from django.apps import AppConfig


class DispatchConfig(AppConfig):
    name = "qorgan.centre.dispatch"
    label = "dispatch"
    verbose_name = "Жасақтар · Наряды"

    def ready(self) -> None:
        from qorgan.centre.alarms.events import stepped
        from qorgan.centre.dispatch.service import on_stepped

        stepped.connect(on_stepped, dispatch_uid="dispatch.on_stepped")
