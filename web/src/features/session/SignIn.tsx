import { useQueryClient } from "@tanstack/react-query";
import { AlertTriangle } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button } from "@/ui/button";
import { Emblem } from "@/ui/emblem";
import { problemText } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { LanguageSwitch } from "./LanguageSwitch";
import { SESSION_KEY, signIn } from "./session";

const FIELD =
  "mt-1 h-11 w-full rounded-md border border-line-2 bg-ground px-3 text-ink placeholder:text-ink-3";

export function SignIn() {
  const { t } = useWords();
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setProblem(null);
    try {
      await signIn(String(form.get("email")), String(form.get("password")));
      await queries.invalidateQueries({ queryKey: SESSION_KEY });
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <main className="flex min-h-full flex-col items-center justify-center gap-6 p-4" data-testid="sign-in">
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center gap-3">
          <Emblem size={36} />
          <div>
            <h1 className="text-xl font-semibold tracking-tight">{t("app.name")}</h1>
            <p className="text-sm text-ink-2">{t("app.what")}</p>
          </div>
        </div>
        <form onSubmit={(event) => void submit(event)} className="rounded-md border bg-surface p-5">
          <label className="block">
            <span className="text-sm text-ink-2">{t("session.email")}</span>
            <input
              name="email"
              type="email"
              required
              autoFocus
              autoComplete="username"
              className={FIELD}
              data-testid="email"
            />
          </label>
          <label className="mt-4 block">
            <span className="text-sm text-ink-2">{t("session.password")}</span>
            <input
              name="password"
              type="password"
              required
              autoComplete="current-password"
              className={FIELD}
              data-testid="password"
            />
          </label>
          {problem !== null && (
            <p
              role="alert"
              className="mt-4 flex items-start gap-2 text-caution"
              data-testid="sign-in-problem"
            >
              <AlertTriangle size={16} className="mt-0.5 shrink-0" aria-hidden />
              <span>{problemText(t, problem)}</span>
            </p>
          )}
          <Button
            type="submit"
            look="primary"
            disabled={busy}
            className="mt-5 h-11 w-full"
            data-testid="submit"
          >
            {busy ? t("session.signing_in") : t("session.sign_in")}
          </Button>
        </form>
        <div className="mt-5 flex justify-center">
          <LanguageSwitch />
        </div>
      </div>
    </main>
  );
}
