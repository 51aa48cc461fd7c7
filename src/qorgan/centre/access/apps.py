from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "qorgan.centre.access"
    label = "access"
    verbose_name = "Қол жеткізу · Доступ"

    def ready(self) -> None:
        """Sign-ins and sign-outs, by whichever door, go into the person's audit."""
        from django.contrib.auth.signals import user_logged_in, user_logged_out

        from qorgan.centre.access import service

        user_logged_in.connect(service.on_signed_in, dispatch_uid="access.audit")
        user_logged_out.connect(service.on_signed_out, dispatch_uid="access.audit")
