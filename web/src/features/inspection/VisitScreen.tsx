/** One inspection: what has been looked at and what has not, item by item; at the end a signature. */
import { ArrowLeft, LocateFixed, MapPin, Plus, Send, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/ui/button";
import { Notice, Segmented, Skeleton } from "@/ui/surfaces";
import { Trouble } from "@/ui/fields";
import { useWords } from "@/vocabulary/use-words";
import { ItemCard } from "./ItemCard";
import type { Owner, Phone } from "./phone";
import { hereNow, type PlaceProblem } from "./place";
import { added, finished, type Inspection, isFinished, located, progress, reopened, where } from "./record";
import { SignaturePath } from "./SignaturePad";
import { BOX } from "./signature";
import { SignSheet } from "./SignSheet";
import { StateWords } from "./StateWords";
import { useVisit, type Visit } from "./use-visit";

type Shown = "left" | "remarks" | "all";

export function VisitScreen({
  id,
  phone,
  owner,
  onBack,
}: {
  id: string;
  phone: Phone;
  owner: Owner;
  onBack: () => void;
}) {
  const { t } = useWords();
  const visit = useVisit(phone.keep, id, phone.lying);
  const { inspection } = visit;
  if (inspection === undefined) return <Skeleton className="h-64" />;
  if (inspection === null || inspection.user !== owner.id) {
    return (
      <Notice
        title={t("inspection.not_here")}
        action={<Button onClick={onBack}>{t("inspection.back")}</Button>}
        data-testid="inspection-missing"
      />
    );
  }
  return <Whole inspection={inspection} visit={visit} phone={phone} owner={owner} onBack={onBack} />;
}

function Whole({
  inspection,
  visit,
  phone,
  owner,
  onBack,
}: {
  inspection: Inspection;
  visit: Visit;
  phone: Phone;
  owner: Owner;
  onBack: () => void;
}) {
  const { t } = useWords();
  const [shown, setShown] = useState<Shown>("all");
  const [signing, setSigning] = useState(false);
  const done = isFinished(inspection);
  const { done: answered, seen, all, remarks } = progress(inspection);
  const items = inspection.items.filter(({ answer }) =>
    shown === "all" ? true : shown === "left" ? answer === null : answer === "remark",
  );
  return (
    <div data-testid="inspection" data-inspection={inspection.id} data-where={where(inspection)}>
      <header className="sticky top-0 z-10 -mx-3 space-y-2 border-b bg-ground px-3 pt-1 pb-2">
        <div className="flex items-center gap-2">
          <Button
            look="quiet"
            className="h-11"
            onClick={onBack}
            aria-label={t("inspection.back")}
            data-testid="visit-back"
          >
            <ArrowLeft size={20} aria-hidden />
          </Button>
          <div className="min-w-0 flex-1">
            <h1 className="truncate font-semibold">{inspection.schoolName}</h1>
            <p className="text-sm text-ink-2" data-testid="visit-progress">
              {t("inspection.seen_of", { count: seen, all })} · {t("inspection.remarks", { count: remarks })}
            </p>
          </div>
          <span className="text-sm text-ink-2" role="status" data-testid="kept" data-kept={!visit.unsaved}>
            {t(visit.unsaved ? "inspection.keeping" : "inspection.kept")}
          </span>
        </div>
        <div aria-hidden className="h-1 overflow-hidden rounded-full bg-raised">
          <div className="h-full bg-accent" style={{ width: `${(answered / Math.max(1, all)) * 100}%` }} />
        </div>
        <Trouble testId="keep-problem">{visit.problem !== null && t("inspection.not_kept")}</Trouble>
      </header>
      <div className="space-y-3 pt-3">
        {done ? (
          <Signed inspection={inspection} phone={phone} visit={visit} />
        ) : (
          <Where visit={visit} inspection={inspection} />
        )}
        <Segmented
          label={t("inspection.shown")}
          value={shown}
          onChoose={setShown}
          choices={(["all", "left", "remarks"] as const).map((value) => ({
            value,
            label: t(`inspection.show.${value}`),
          }))}
          testId="show"
        />
        {items.length === 0 && <p className="text-ink-2">{t("inspection.nothing_here")}</p>}
        <ul className="space-y-2">
          {items.map((item) => (
            <li key={item.key}>
              <ItemCard item={item} inspection={inspection} visit={visit} phone={phone} />
            </li>
          ))}
        </ul>
        {!done && (
          <>
            <Add visit={visit} />
            <Button
              look="primary"
              className="h-12 w-full"
              onClick={() => setSigning(true)}
              data-testid="finish"
            >
              {t("inspection.finish")}
            </Button>
          </>
        )}
      </div>
      {signing && !done && (
        <SignSheet
          inspection={inspection}
          name={owner.name}
          onClose={() => setSigning(false)}
          onSigned={(signature) => {
            visit.change((now) => finished(now, signature, new Date().toISOString()));
            setSigning(false);
            window.scrollTo({ top: 0 });
            setShown("all");
            void visit.settled().then(phone.reload).then(phone.send);
          }}
        />
      )}
    </div>
  );
}

function Signed({ inspection, phone, visit }: { inspection: Inspection; phone: Phone; visit: Visit }) {
  const { t } = useWords();
  const [sure, setSure] = useState(false);
  const at = where(inspection);
  return (
    <section className="space-y-2 rounded-md border bg-surface p-3" data-testid="signed">
      <StateWords inspection={inspection} sync={phone.sync} />
      {inspection.signature !== null && (
        <figure className="max-w-72">
          <svg
            viewBox={`0 0 ${BOX.width} ${BOX.height}`}
            className="w-full rounded-sm bg-ground text-ink"
            aria-hidden
          >
            <SignaturePath path={inspection.signature.path} />
          </svg>
          <figcaption className="text-sm text-ink-2">{inspection.signature.name}</figcaption>
        </figure>
      )}
      <div className="flex flex-wrap gap-2">
        {at === "waiting" && (
          <Button className="min-h-11" onClick={phone.send} data-testid="send-now">
            <Send size={16} aria-hidden /> {t("inspection.send")}
          </Button>
        )}
        {at === "refused" && (
          <>
            <Button className="min-h-11" onClick={() => visit.change(reopened)} data-testid="reopen">
              {t("inspection.reopen")}
            </Button>
            <Button look="quiet" className="min-h-11" onClick={() => setSure(!sure)} data-testid="throw-away">
              <Trash2 size={16} aria-hidden /> {t("inspection.throw_away")}
            </Button>
          </>
        )}
      </div>
      {sure && (
        <div className="space-y-2 border-t pt-2">
          <p className="text-sm text-caution">{t("inspection.throw_away_means")}</p>
          <Button
            className="min-h-11"
            onClick={() => void phone.remove(inspection.id)}
            data-testid="throw-away-sure"
          >
            {t("inspection.throw_away")}
          </Button>
        </div>
      )}
    </section>
  );
}

/** Where it happens, if the person wants to say so. */
function Where({ inspection, visit }: { inspection: Inspection; visit: Visit }) {
  const { t } = useWords();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<PlaceProblem | null>(null);
  const ask = () => {
    setBusy(true);
    setProblem(null);
    void hereNow()
      .then((found) =>
        typeof found === "string" ? setProblem(found) : visit.change((now) => located(now, found)),
      )
      .finally(() => setBusy(false));
  };
  const { place } = inspection;
  return (
    <div
      className="flex flex-wrap items-center gap-2 text-sm text-ink-2"
      data-testid="place"
      data-known={place !== null}
    >
      {place === null ? (
        <Button className="min-h-11" disabled={busy} onClick={ask} data-testid="place-ask">
          <LocateFixed size={16} aria-hidden /> {t(busy ? "inspection.locating" : "inspection.locate")}
        </Button>
      ) : (
        <>
          <span className="inline-flex items-center gap-1.5">
            <MapPin size={16} aria-hidden />{" "}
            {t("inspection.located", { metres: Math.round(place.accuracy_m) })}
          </span>
          <Button
            small
            look="quiet"
            className="min-h-11"
            onClick={() => visit.change((now) => located(now, null))}
            data-testid="place-forget"
          >
            {t("inspection.without_place")}
          </Button>
        </>
      )}
      <Trouble>{problem !== null && t(`inspection.place_problem.${problem}`)}</Trouble>
    </div>
  );
}

function Add({ visit }: { visit: Visit }) {
  const { t } = useWords();
  const [label, setLabel] = useState("");
  return (
    <form
      className="flex gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (label.trim() === "") return;
        visit.change((now) => added(now, crypto.randomUUID(), label.trim()));
        setLabel("");
      }}
    >
      <input
        value={label}
        onChange={(event) => setLabel(event.target.value)}
        maxLength={200}
        placeholder={t("inspection.other_what")}
        aria-label={t("inspection.other_what")}
        className="h-11 min-w-0 flex-1 rounded-md border border-line-2 bg-ground px-3 placeholder:text-ink-3"
        data-testid="add-label"
      />
      <Button type="submit" className="h-11" disabled={label.trim() === ""} data-testid="add">
        <Plus size={16} aria-hidden /> {t("inspection.add")}
      </Button>
    </form>
  );
}
