/** Which of a camera's streams are recorded, and whether it is set up as the norm wants it. */
import type { TFunction } from "i18next";
import { Button } from "@/ui/button";
import { ClockWords } from "@/vocabulary/clocks";
import { number, wordFor } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { Field, INPUT } from "@/ui/fields";
import { type HouseChange, type LookedAt, type Order, type Profile, recordable } from "./orders";

export function Streams({
  order,
  seen,
  onChange,
  onBack,
  onNext,
}: {
  order: Order;
  seen: LookedAt;
  onChange: (part: Partial<Order>) => void;
  onBack: () => void;
  onNext: () => void;
}) {
  const { t } = useWords();
  return (
    <div className="max-w-2xl space-y-4" data-testid="setup-streams">
      {seen.onvif ? (
        <>
          <p className="text-ink-2" data-testid="setup-device">
            {t("setup.device", {
              maker: seen.manufacturer,
              model: seen.model,
              firmware: seen.firmware,
              serial: seen.serial,
            })}
          </p>
          <ClockWords offset={seen.clock_offset_s} />
          <Field label={t("setup.main")}>
            <select
              className={INPUT}
              value={order.main}
              onChange={(event) => onChange({ main: event.target.value })}
              data-testid="setup-main"
            >
              {seen.profiles.map((profile) => (
                <Choice key={profile.token} profile={profile} />
              ))}
            </select>
          </Field>
          <Field label={t("setup.sub")}>
            <select
              className={INPUT}
              value={order.sub ?? ""}
              onChange={(event) => onChange({ sub: event.target.value || null })}
              data-testid="setup-sub"
            >
              <option value="">{t("setup.no_sub")}</option>
              {seen.profiles
                .filter(({ token }) => token !== order.main)
                .map((profile) => (
                  <Choice key={profile.token} profile={profile} />
                ))}
            </select>
          </Field>
          <House
            changes={seen.changes}
            wanted={order.house_profile}
            onChange={(house_profile) => onChange({ house_profile })}
          />
        </>
      ) : (
        <p data-testid="setup-sends">
          {t("setup.sends", { codec: seen.codec, width: seen.width, height: seen.height })}
        </p>
      )}
      {seen.configured !== "" && (
        <p className="text-sm text-caution">{t("setup.configured", { key: seen.configured })}</p>
      )}
      <div className="flex gap-3 pt-2">
        <Button look="quiet" onClick={onBack}>
          {t("setup.back")}
        </Button>
        <Button look="primary" onClick={onNext} data-testid="setup-streams-next">
          {t("setup.next")}
        </Button>
      </div>
    </div>
  );
}

function Choice({ profile }: { profile: Profile }) {
  const { t } = useWords();
  const { width, height, frames_per_s, kbit_per_s } = profile;
  const sizes = t("setup.rate", {
    width,
    height,
    rate: number(Math.round(frames_per_s)),
    kbit: number(kbit_per_s),
  });
  const able = recordable(profile);
  return (
    <option value={profile.token} disabled={!able}>
      {[profile.name, profile.encoding, able ? sizes : t("setup.unsupported")].filter(Boolean).join(" · ")}
    </option>
  );
}

/** The node tells amounts with English units. */
function inWords(t: TFunction, amount: string): string {
  const [, count, unit] = /^(\d+) (frames|kbit\/s)$/.exec(amount) ?? [];
  if (count === undefined) return amount;
  return t(unit === "frames" ? "setup.frames" : "setup.kbit", { amount: number(Number(count)) });
}

function House({
  changes,
  wanted,
  onChange,
}: {
  changes: readonly HouseChange[];
  wanted: boolean;
  onChange: (wanted: boolean) => void;
}) {
  const { t } = useWords();
  if (changes.length === 0) return <p className="text-sm text-ink-2">{t("setup.house_none")}</p>;
  return (
    <div className="space-y-1">
      <label className="flex items-center gap-2">
        <input
          type="checkbox"
          checked={wanted}
          onChange={(event) => onChange(event.target.checked)}
          data-testid="setup-house"
        />
        {t("setup.house")}
      </label>
      <ul className="pl-6 text-sm text-ink-2">
        {changes.map(({ stream, what, before, after }) => (
          <li key={stream + what}>
            {stream !== "" && `${t(`stream.${stream}`)} · `}
            {t("setup.house_line", {
              what: wordFor(t, "setup.house_change", what.replaceAll(" ", "_")),
              before: inWords(t, before),
              after: inWords(t, after),
            })}
          </li>
        ))}
      </ul>
    </div>
  );
}
