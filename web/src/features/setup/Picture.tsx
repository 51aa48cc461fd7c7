/** What the camera sees, and what it shall be called: the two are compared with the place. */
import { Image } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/ui/button";
import { problemText } from "@/vocabulary/text";
import { wordFor } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { Field, INPUT, Trouble } from "@/ui/fields";
import { type Order, troubleWith, usePicture, ZONES } from "./orders";

export function PictureOf({ school, order, possible }: { school: string; order: Order; possible: boolean }) {
  const { t } = useWords();
  const picture = usePicture(school);
  if (!possible) return <p className="text-sm text-balance text-ink-2">{t("setup.picture_rtsp")}</p>;
  const jpeg = picture.data?.jpeg;
  return (
    <div className="space-y-2" aria-busy={picture.isPending}>
      <div className="flex aspect-video w-full items-center justify-center overflow-hidden rounded-md bg-video text-ink-3">
        {jpeg ? (
          <img
            src={`data:image/jpeg;base64,${jpeg}`}
            alt=""
            className="size-full object-contain"
            data-testid="setup-picture"
          />
        ) : (
          <Image size={28} aria-hidden />
        )}
      </div>
      <p className="text-sm text-balance text-ink-2">
        {picture.isPending
          ? t("setup.looking")
          : picture.isSuccess && !jpeg
            ? t("setup.no_picture")
            : t("setup.picture_why")}
      </p>
      <Trouble testId="setup-picture-failed">
        {picture.error !== null && problemText(t, picture.error)}
      </Trouble>
      <Button
        small
        disabled={picture.isPending}
        onClick={() => picture.mutate(order)}
        data-testid="setup-take-picture"
      >
        {t(jpeg ? "setup.picture_again" : "setup.take_picture")}
      </Button>
    </div>
  );
}

const LANGUAGES = ["kk", "ru", "en"] as const;

export function Naming({
  order,
  trouble,
  onChange,
  onBack,
  onNext,
  children,
}: {
  order: Order;
  trouble: ReturnType<typeof troubleWith>;
  onChange: (part: Partial<Order>) => void;
  onBack: () => void;
  onNext: () => void;
  children: ReactNode;
}) {
  const { t } = useWords();
  const name = order.name ?? { kk: "", ru: "", en: "" };
  return (
    <div className="grid gap-5 md:grid-cols-2">
      <div>{children}</div>
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (trouble === null) onNext();
        }}
      >
        {LANGUAGES.map((language) => (
          <Field key={language} label={`${t("setup.name")}. ${t(`setup.name_${language}`)}`}>
            <input
              className={INPUT}
              lang={language}
              value={name[language]}
              maxLength={200}
              onChange={(event) => onChange({ name: { ...name, [language]: event.target.value } })}
              data-testid={`setup-name-${language}`}
            />
          </Field>
        ))}
        <Field label={t("setup.zone")}>
          <select
            className={INPUT}
            value={order.zone}
            onChange={(event) => onChange({ zone: event.target.value })}
            data-testid="setup-zone"
          >
            {ZONES.map((zone) => (
              <option key={zone} value={zone}>
                {wordFor(t, "zone", zone)}
              </option>
            ))}
          </select>
        </Field>
        <Field label={t("setup.key")}>
          <input
            className={INPUT}
            value={order.key}
            spellCheck={false}
            aria-invalid={trouble === "key_wrong" || trouble === "key_taken"}
            onChange={(event) => onChange({ key: event.target.value.toLowerCase() })}
            data-testid="setup-key"
          />
        </Field>
        <Trouble>{trouble !== null && t(`setup.${trouble}`)}</Trouble>
        <div className="flex gap-3 pt-2">
          <Button look="quiet" onClick={onBack}>
            {t("setup.back")}
          </Button>
          <Button look="primary" type="submit" disabled={trouble !== null} data-testid="setup-name-next">
            {t("setup.next")}
          </Button>
        </div>
      </form>
    </div>
  );
}
