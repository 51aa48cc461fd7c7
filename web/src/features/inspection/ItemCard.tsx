/** One camera, zone or exit: three large answers; with a remark its words, kind and photos. */
import {
  Camera as Lens,
  Cctv,
  Check,
  CircleDot,
  EyeOff,
  LogOut,
  type LucideIcon,
  Map as MapIcon,
  MapPinned,
  MessageSquareWarning,
  NotebookPen,
  X,
} from "lucide-react";
import { type ChangeEvent, useEffect, useId, useMemo, useState } from "react";
import { Button } from "@/ui/button";
import { Field, INPUT, Trouble } from "@/ui/fields";
import { PlanPicture } from "@/vocabulary/plan-picture";
import { CATEGORIES } from "@/vocabulary/remarks";
import { useWords } from "@/vocabulary/use-words";
import type { Phone } from "./phone";
import { PhotoProblem } from "./photos";
import {
  type Answer,
  ANSWERS,
  answered,
  described,
  hasRoom,
  type Inspection,
  isFinished,
  type Item,
  type ItemKind,
  LONGEST_TEXT,
  withoutItem,
  withoutPhoto,
} from "./record";
import type { Visit } from "./use-visit";
import { placeOf } from "./wire";

const ICONS: Record<ItemKind, LucideIcon> = {
  camera: Cctv,
  zone: MapPinned,
  button: CircleDot,
  exit: LogOut,
  other: NotebookPen,
};
const ANSWER_ICONS: Record<Answer, LucideIcon> = {
  ok: Check,
  remark: MessageSquareWarning,
  not_seen: EyeOff,
};
const TONES: Record<Answer, string> = {
  ok: "aria-pressed:border-accent aria-pressed:text-accent",
  remark: "aria-pressed:border-caution aria-pressed:text-caution",
  not_seen: "aria-pressed:border-ink-2",
};

interface Props {
  item: Item;
  inspection: Inspection;
  visit: Visit;
  phone: Phone;
}

export function ItemCard({ item, inspection, visit, phone }: Props) {
  const { t } = useWords();
  const Icon = ICONS[item.kind];
  const done = isFinished(inspection);
  const before = useOpenRemarks(phone, inspection.school, item);
  return (
    <article
      className="space-y-2 rounded-md border bg-surface p-3"
      data-testid="item"
      data-key={item.key}
      data-kind={item.kind}
      data-answer={item.answer ?? ""}
    >
      <div className="flex items-start gap-2">
        <Icon size={18} aria-hidden className="mt-0.5 shrink-0 text-ink-3" />
        <p className="min-w-0 flex-1 font-medium">{item.label}</p>
        {item.kind === "other" && !done && (
          <Button
            small
            look="quiet"
            className="min-h-11"
            aria-label={t("inspection.remove_item")}
            onClick={() => visit.change((now) => withoutItem(now, item.key))}
          >
            <X size={16} aria-hidden />
          </Button>
        )}
      </div>
      {before.map((text) => (
        <p key={text} className="rounded-sm bg-raised px-2 py-1 text-sm text-ink-2" data-testid="open-remark">
          {t("inspection.remarked_before", { text })}
        </p>
      ))}
      <OnPlan item={item} school={inspection.school} phone={phone} />
      {done ? (
        <Told item={item} inspection={inspection} phone={phone} />
      ) : (
        <>
          <div role="group" aria-label={item.label} className="grid grid-cols-3 gap-2">
            {ANSWERS.map((answer) => {
              const AnswerIcon = ANSWER_ICONS[answer];
              return (
                <Button
                  key={answer}
                  aria-pressed={item.answer === answer}
                  className={`h-auto min-h-14 flex-col gap-1 px-1 py-2 text-sm whitespace-normal ${TONES[answer]}`}
                  onClick={() => visit.change((now) => answered(now, item.key, answer))}
                  data-testid={`item-${answer}`}
                >
                  <AnswerIcon size={18} aria-hidden />
                  {t(`inspection.answer.${answer}`)}
                </Button>
              );
            })}
          </div>
          {item.answer === "remark" && <RemarkParts item={item} visit={visit} />}
          {item.answer !== null && item.answer !== "not_seen" && (
            <Photos item={item} inspection={inspection} visit={visit} phone={phone} />
          )}
        </>
      )}
    </article>
  );
}

function RemarkParts({ item, visit }: Pick<Props, "item" | "visit">) {
  const { t } = useWords();
  const id = useId();
  return (
    <div className="space-y-2">
      <label htmlFor={id} className="block text-sm text-ink-2">
        {t("remark.category_is")}
      </label>
      <select
        id={id}
        value={item.category}
        onChange={(event) => {
          const category = CATEGORIES.find((one) => one === event.target.value);
          if (category !== undefined) visit.change((now) => described(now, item.key, { category }));
        }}
        className={`${INPUT} h-11`}
        data-testid="item-category"
      >
        {CATEGORIES.map((one) => (
          <option key={one} value={one}>
            {t(`remark.category.${one}`)}
          </option>
        ))}
      </select>
      <Field label={t("remark.text")}>
        <textarea
          rows={3}
          maxLength={LONGEST_TEXT}
          value={item.text}
          onChange={(event) => visit.change((now) => described(now, item.key, { text: event.target.value }))}
          placeholder={t("remark.text_hint")}
          className={`${INPUT} h-auto py-2`}
          data-testid="item-text"
        />
      </Field>
    </div>
  );
}

function Photos({ item, inspection, visit, phone }: Props) {
  const { t } = useWords();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<"photo.too_big" | "photo.broken" | "not_kept" | null>(null);
  const room = hasRoom(inspection, item);
  const chosen = (event: ChangeEvent<HTMLInputElement>) => {
    const [file] = event.target.files ?? [];
    event.target.value = ""; // the same file may be chosen again
    if (file === undefined) return;
    setBusy(true);
    setProblem(null);
    visit
      .photograph(item.key, file)
      .catch((error: unknown) => setProblem(error instanceof PhotoProblem ? error.code : "not_kept"))
      .finally(() => setBusy(false));
  };
  return (
    <div className="space-y-2">
      <Pictures
        item={item}
        inspection={inspection}
        phone={phone}
        onRemove={(digest) => visit.change((now) => withoutPhoto(now, item.key, digest))}
      />
      {room ? (
        <label
          className={`inline-flex min-h-11 items-center gap-2 rounded-md border border-line-2 bg-raised px-3 font-medium focus-within:outline-2 focus-within:outline-accent ${busy ? "opacity-45" : "cursor-pointer"}`}
        >
          <Lens size={18} aria-hidden /> {t(busy ? "inspection.photo_busy" : "inspection.photo")}
          <input
            type="file"
            accept="image/*"
            capture="environment"
            disabled={busy}
            onChange={chosen}
            className="sr-only"
            data-testid="photo"
          />
        </label>
      ) : (
        <p className="text-sm text-ink-2">{t("inspection.photos_full")}</p>
      )}
      <Trouble testId="photo-problem">
        {problem !== null &&
          t(
            problem === "not_kept"
              ? "inspection.not_kept"
              : problem === "photo.broken"
                ? "inspection.photo_broken"
                : "inspection.photo_too_big",
          )}
      </Trouble>
    </div>
  );
}

function Pictures({
  item,
  inspection,
  phone,
  onRemove,
}: Pick<Props, "item" | "inspection" | "phone"> & { onRemove?: (digest: string) => void }) {
  const { t } = useWords();
  if (item.photos.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-2">
      {item.photos.map((digest, index) => (
        <li key={digest} className="relative">
          <Picture
            phone={phone}
            inspection={inspection.id}
            digest={digest}
            words={t("remark.photo_alt", { number: index + 1 })}
          />
          {onRemove !== undefined && (
            <Button
              small
              className="absolute top-1 right-1 size-9 px-0"
              aria-label={t("inspection.photo_remove")}
              onClick={() => onRemove(digest)}
              data-testid="photo-remove"
            >
              <X size={16} aria-hidden />
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}

/** From this phone's store; its address is given back when it leaves the screen. */
function Picture({
  phone,
  inspection,
  digest,
  words,
}: {
  phone: Phone;
  inspection: string;
  digest: string;
  words: string;
}) {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    let made: string | null = null;
    let gone = false;
    void phone.keep.photo(inspection, digest).then((photo) => {
      if (gone || photo === undefined) return;
      made = URL.createObjectURL(new Blob([photo.bytes], { type: photo.type }));
      setUrl(made);
    });
    return () => {
      gone = true;
      if (made !== null) URL.revokeObjectURL(made);
    };
  }, [phone.keep, inspection, digest]);
  return (
    <span className="block size-28 overflow-hidden rounded-sm bg-raised">
      {url !== null && (
        <img
          src={url}
          alt={words}
          className="size-full object-cover"
          data-testid="item-photo"
          data-digest={digest}
        />
      )}
    </span>
  );
}

/** As it was signed: to be read. */
function Told({ item, inspection, phone }: Pick<Props, "item" | "inspection" | "phone">) {
  const { t } = useWords();
  if (item.answer === null) return null;
  const Icon = ANSWER_ICONS[item.answer];
  return (
    <div className="space-y-2">
      <p className={`flex items-center gap-2 ${item.answer === "remark" ? "text-caution" : "text-ink-2"}`}>
        <Icon size={16} aria-hidden className="shrink-0" />
        {t(`inspection.answer.${item.answer}`)}
        {item.answer === "remark" && ` · ${t(`remark.category.${item.category}`)}`}
      </p>
      {item.text !== "" && <p className="whitespace-pre-line">{item.text}</p>}
      <Pictures item={item} inspection={inspection} phone={phone} />
    </div>
  );
}

/** What was remarked about this very thing and is not settled, as the school was taken along. */
function useOpenRemarks(phone: Phone, school: string, item: Item): string[] {
  const pack = phone.lying.taken.find((one) => one.school === school)?.pack;
  return (pack?.remarks ?? [])
    .filter(({ target }) =>
      item.kind === "camera"
        ? target.camera === item.camera
        : item.kind === "zone" && target.zone === item.zone && target.plan === item.plan,
    )
    .map(({ text }) => text);
}

/** Where it is, on the school's own plan, if the school has drawn one: looked at by a press, to keep the list short. */
function OnPlan({ item, school, phone }: { item: Item; school: string; phone: Phone }) {
  const { t } = useWords();
  const [open, setOpen] = useState(false);
  const pack = phone.lying.taken.find((one) => one.school === school)?.pack;
  const place = useMemo(() => (pack === undefined ? null : placeOf(pack, item)), [pack, item]);
  const drawing = useDrawing(phone, open ? (place?.plan.image ?? null) : null);
  if (place === null) return null;
  return (
    <div className="space-y-2">
      <Button
        small
        look="quiet"
        className="min-h-11"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        data-testid="item-on-plan"
      >
        <MapIcon size={16} aria-hidden /> {t("inspection.on_plan", { plan: place.plan.name })}
      </Button>
      {open && drawing === "missing" && <p className="text-sm text-caution">{t("plan.no_picture")}</p>}
      {open && drawing !== null && drawing !== "missing" && (
        <PlanPicture
          layout={{ ...place.plan, image: drawing }}
          pointed={[place.outline]}
          label={t("plan.of", { name: place.plan.name })}
        />
      )}
    </div>
  );
}

/** The address of a drawing that lies on this phone; null while it is read. */
function useDrawing(phone: Phone, address: string | null): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (address === null) return;
    let made: string | null = null;
    let gone = false;
    void phone.keep.drawing(address).then((blob) => {
      if (gone) return;
      made = blob === null ? null : URL.createObjectURL(blob);
      setUrl(made ?? "missing");
    });
    return () => {
      gone = true;
      if (made !== null) URL.revokeObjectURL(made);
      setUrl(null);
    };
  }, [phone.keep, address]);
  return url;
}
