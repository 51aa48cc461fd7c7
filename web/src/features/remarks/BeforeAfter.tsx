/** Two pictures of one camera: side by side, or one over the other with a line to be dragged between them. */
import { useState } from "react";
import type { Frame } from "@/api/types";
import { Segmented } from "@/ui/surfaces";
import { dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useSession } from "@/world/hooks";

type How = "beside" | "over";

export function BeforeAfter({ before, after }: { before: Frame; after: Frame }) {
  const { t } = useWords();
  const [chosen, setHow] = useState<How>("beside");
  const mayLook = useMayLook();
  const how = mayLook ? chosen : "beside";
  return (
    <div data-testid="before-after" data-how={how}>
      <div className="mb-2" hidden={!mayLook}>
        <Segmented
          label={t("remark.compare")}
          value={how}
          onChoose={setHow}
          choices={(["beside", "over"] as const).map((value) => ({
            value,
            label: t(`remark.compare_${value}`),
          }))}
          testId="compare"
        />
      </div>
      {how === "beside" ? (
        <div className="grid gap-0.5 md:grid-cols-2">
          <Shot frame={before} words={t("remark.before")} />
          <Shot frame={after} words={t("remark.after")} />
        </div>
      ) : (
        <Over before={before} after={after} />
      )}
    </div>
  );
}

/** Administrators and the ministry read remarks and see no pictures of schools. */
export const useMayLook = (): boolean => useSession().rights.includes("archive.view");

/** One picture with when it was taken; a school's clock says so. */
export function Shot({ frame, words }: { frame: Frame; words: string }) {
  const { t } = useWords();
  const mayLook = useMayLook();
  const time = dayAndClock(Date.parse(frame.taken_at));
  return (
    <figure className="min-w-0 bg-video">
      {mayLook ? (
        <img
          src={frame.image}
          width={frame.width}
          height={frame.height}
          alt={t("remark.frame_alt", { what: words, time })}
          className="h-auto w-full"
          data-testid="remark-frame"
          data-frame={frame.id}
        />
      ) : (
        <p className="p-6 text-center text-sm text-on-video">{t("remark.no_pictures")}</p>
      )}
      <Bar words={words} time={time} />
    </figure>
  );
}

function Bar({ words, time }: { words: string; time: string }) {
  return (
    <figcaption className="flex justify-between gap-2 bg-surface px-2 py-1 text-sm text-ink-2">
      <span className="font-medium text-ink">{words}</span>
      <time>{time}</time>
    </figcaption>
  );
}

function Over({ before, after }: { before: Frame; after: Frame }) {
  const { t } = useWords();
  const [share, setShare] = useState(50);
  const times = [before, after].map(({ taken_at }) => dayAndClock(Date.parse(taken_at)));
  return (
    <figure className="bg-video">
      <div className="relative">
        <img
          src={after.image}
          width={after.width}
          height={after.height}
          alt={t("remark.frame_alt", { what: t("remark.after"), time: times[1] ?? "" })}
          className="h-auto w-full"
        />
        <img
          src={before.image}
          alt={t("remark.frame_alt", { what: t("remark.before"), time: times[0] ?? "" })}
          className="absolute inset-0 size-full"
          style={{ clipPath: `inset(0 ${100 - share}% 0 0)` }}
        />
        <div
          aria-hidden
          className="absolute inset-y-0 w-0.5 -translate-x-1/2 bg-accent"
          style={{ left: `${share}%` }}
        />
        <input
          type="range"
          min={0}
          max={100}
          value={share}
          onChange={(event) => setShare(Number(event.target.value))}
          aria-label={t("remark.slide")}
          className="absolute inset-0 size-full cursor-ew-resize opacity-0 focus-visible:opacity-30"
          data-testid="compare-slide"
        />
      </div>
      <figcaption className="flex flex-wrap justify-between gap-x-3 bg-surface px-2 py-1 text-sm text-ink-2">
        <span>
          <span className="font-medium text-ink">{t("remark.before")}</span> {times[0]}
        </span>
        <span>
          <span className="font-medium text-ink">{t("remark.after")}</span> {times[1]}
        </span>
      </figcaption>
    </figure>
  );
}
