/** Who inspects: who is signed in, or without a network who was the last time. */
import { CloudOff } from "lucide-react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { ApiProblem } from "@/api/client";
import { InspectApp } from "@/features/inspection/InspectApp";
import { keepOwner, keptOwner, type Owner } from "@/features/inspection/phone";
import { LanguageSwitch } from "@/features/session/LanguageSwitch";
import { useSessionQuery } from "@/features/session/session";
import { SignIn } from "@/features/session/SignIn";
import { chooseLanguage, languageWasChosen } from "@/locales/i18n";
import { Notice } from "@/ui/surfaces";
import { useWords } from "@/vocabulary/use-words";

const online = () => navigator.onLine;
const onNetwork = (tell: () => void) => {
  window.addEventListener("online", tell);
  window.addEventListener("offline", tell);
  return () => {
    window.removeEventListener("online", tell);
    window.removeEventListener("offline", tell);
  };
};

export function InspectRoot() {
  const { t } = useWords();
  const hasNet = useSyncExternalStore(onNetwork, online);
  const [kept, setKept] = useState(keptOwner);
  const { data: session, error, dataUpdatedAt } = useSessionQuery();
  const [wanted] = useState(() => new URLSearchParams(window.location.search).get("school"));
  useEffect(() => {
    if (session === null || session === undefined) return;
    const owner: Owner = { id: session.user.id, name: session.user.name };
    keepOwner(owner);
    setKept(owner);
    if (!languageWasChosen()) chooseLanguage(session.language);
  }, [session]);
  const unreachable = !hasNet || (error instanceof ApiProblem && error.code === "unreachable");
  const owner = session?.user ?? kept;
  if (session?.rights.includes("remarks.write") === false)
    return <Notice title={t("inspection.no_right")} data-testid="no-right" />;
  if (owner === null) {
    if (session === null) return <SignIn />;
    if (unreachable) {
      return (
        <Notice
          icon={<CloudOff size={28} />}
          title={t("inspection.first_sign_in")}
          data-testid="first-sign-in"
        />
      );
    }
    return <div className="h-full bg-ground" aria-busy />;
  }
  return (
    <InspectApp
      key={owner.id}
      owner={owner}
      signedInAt={session === null ? null : dataUpdatedAt}
      online={!unreachable}
      tools={<LanguageSwitch short />}
      signIn={<SignIn />}
      wanted={wanted}
    />
  );
}
