/** Inspection on site: works without a network once a school has been taken along. The place on it is the address's hash. */
import { CloudOff, LogIn } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { Button } from "@/ui/button";
import { Emblem } from "@/ui/emblem";
import { Notice, Skeleton } from "@/ui/surfaces";
import { useWords } from "@/vocabulary/use-words";
import { Home } from "./Home";
import { type Owner, type Phone, usePhone } from "./phone";
import { VisitScreen } from "./VisitScreen";

interface Props {
  owner: Owner;
  /** When the centre last said who this is (epoch ms), 0 while it has not answered; null: it does not know. */
  signedInAt: number | null;
  online: boolean;
  /** Shown in the bar: the languages. */
  tools: ReactNode;
  /** The sign-in form, when the centre does not know this phone any more. */
  signIn: ReactNode;
  wanted: string | null;
}

export function InspectApp({ owner, signedInAt, online, tools, signIn, wanted }: Props) {
  const { t } = useWords();
  const phone = usePhone(owner, signedInAt);
  const [visit, go] = useHash();
  const [signing, setSigning] = useState(false);
  useEffect(() => setSigning(false), [signedInAt]);
  const unknown =
    signedInAt === null || (phone !== null && phone.broken === null && phone.sync.word === "sign_in");
  if (signing) return signIn;
  if (phone !== null && phone.broken !== null) {
    return (
      <Notice
        title={t("inspection.broken")}
        detail={t("inspection.broken_detail")}
        action={<Button onClick={() => window.location.reload()}>{t("app.reload")}</Button>}
        data-testid="phone-broken"
      />
    );
  }
  return (
    <div className="mx-auto min-h-full max-w-3xl p-3 pb-10" data-testid="inspect" data-online={online}>
      <div className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1">
        <Emblem />
        <span className="font-semibold">{t("inspection.title")}</span>
        <span className="grow" />
        {tools}
      </div>
      <div className="mb-3 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-ink-2">
        <span>{owner.name}</span>
        <Net online={online} phone={phone} />
        {online && unknown && (
          <Button small className="min-h-11" onClick={() => setSigning(true)} data-testid="sign-in-to-send">
            <LogIn size={16} aria-hidden /> {t("inspection.sign_in_to_send")}
          </Button>
        )}
      </div>
      {phone === null ? (
        <Skeleton className="h-64" />
      ) : visit !== null ? (
        <VisitScreen key={visit} id={visit} phone={phone} owner={owner} onBack={() => go(null)} />
      ) : (
        <Home phone={phone} online={online && !unknown} onOpen={go} wanted={wanted} />
      )}
    </div>
  );
}

function Net({ online, phone }: { online: boolean; phone: Phone | null }) {
  const { t } = useWords();
  if (online && phone?.sync.word !== "no_network") return null;
  return (
    <span className="inline-flex items-center gap-1.5 text-caution" role="status" data-testid="no-network">
      <CloudOff size={16} aria-hidden /> {t("inspection.no_network")}
    </span>
  );
}

const VISIT = /^#\/([0-9a-f-]{36})$/;

function useHash(): [string | null, (visit: string | null) => void] {
  const read = () => VISIT.exec(window.location.hash)?.[1] ?? null;
  const [visit, setVisit] = useState(read);
  useEffect(() => {
    const hear = () => setVisit(read());
    window.addEventListener("hashchange", hear);
    return () => window.removeEventListener("hashchange", hear);
  }, []);
  return [
    visit,
    (next) => {
      window.location.hash = next === null ? "" : `#/${next}`;
    },
  ];
}
