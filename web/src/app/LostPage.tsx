import { Link, type ErrorComponentProps } from "@tanstack/react-router";
import { Compass, TriangleAlert } from "lucide-react";
import { Button, buttonClass } from "@/ui/button";
import { Notice } from "@/ui/surfaces";
import { useWords } from "@/vocabulary/use-words";

export function LostPage() {
  const { t } = useWords();
  return (
    <Notice
      icon={<Compass size={28} />}
      title={t("app.lost")}
      detail={t("app.lost_detail")}
      action={
        <Link to="/" className={buttonClass()}>
          {t("app.home")}
        </Link>
      }
    />
  );
}

/** A bug. It says so, gives what is needed to report it, and a way on. */
export function BrokenPage({ error }: ErrorComponentProps) {
  const { t } = useWords();
  return (
    <Notice
      icon={<TriangleAlert size={28} />}
      title={t("app.broken")}
      detail={error instanceof Error ? error.message : String(error)}
      action={<Button onClick={() => location.reload()}>{t("app.reload")}</Button>}
      data-testid="broken"
    />
  );
}
