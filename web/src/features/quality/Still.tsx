/** A small picture that the school's node sent, with when it was. Each that is shown is a line of the school's ledger. */
import { dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";

export function StillFigure({
  image,
  at,
  words,
  testId,
}: {
  image: string | null;
  at: string;
  words: string;
  testId?: string;
}) {
  const { t } = useWords();
  const time = dayAndClock(Date.parse(at));
  return (
    <figure className="min-w-0 bg-video" data-testid={testId}>
      {image === null ? (
        <p className="flex aspect-video items-center justify-center p-2 text-center text-sm text-on-video">
          {t("quality.no_picture")}
        </p>
      ) : (
        <img src={image} alt={t("quality.picture_of", { what: words, time })} className="h-auto w-full" />
      )}
      <figcaption className="flex flex-wrap justify-between gap-x-2 px-2 py-1 text-sm text-on-video">
        <span>{words}</span>
        <time>{time}</time>
      </figcaption>
    </figure>
  );
}
