/** How a camera's streams come, as its school's node counts their packets. */
import { number } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import type { StreamDelivery } from "./quality";

/** What is known of a stream, in its order: the name of the row, and the value as a number or a text. */
export function told(stream: StreamDelivery): [Row, string][] {
  const of = (value: number | null, scale = 1) => (value === null ? "" : number(value * scale));
  const rows: [Row, string][] = [
    ["size", stream.width === 0 ? "" : `${stream.width}×${stream.height}`],
    ["rate", stream.live ? of(stream.frames_per_s) : ""],
    ["bits", stream.live ? of(stream.bits_per_s, 1e-6) : ""],
    ["keyframes", of(stream.keyframe_every_s)],
    ["codec", stream.codec],
    ["loss", of(stream.loss, 100)],
    ["jitter", of(stream.jitter_s)],
    ["clock", of(stream.clock_offset_s)],
  ];
  return rows.filter(([, value]) => value !== "");
}

type Row = "size" | "rate" | "bits" | "keyframes" | "codec" | "loss" | "jitter" | "clock";

export function Streams({ streams }: { streams: readonly StreamDelivery[] }) {
  const { t } = useWords();
  if (streams.length === 0) return null;
  return (
    <div className="grid gap-4 md:grid-cols-2" data-testid="streams">
      {streams.map((stream) => (
        <section key={stream.stream} data-testid={`stream-${stream.stream}`} data-live={stream.live}>
          <h3 className="font-medium first-letter:uppercase">
            {t(`remark.measured.stream.${stream.stream}`)}
          </h3>
          {stream.live ? (
            <dl className="grid grid-cols-[auto_1fr] gap-x-4 text-sm">
              {told(stream).map(([row, value]) => (
                <div key={row} className="contents">
                  <dt className="text-ink-2">{t(`quality.stream.${row}`)}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          ) : (
            <p className="text-sm text-ink-3">{t("quality.stream.not_live")}</p>
          )}
        </section>
      ))}
    </div>
  );
}
