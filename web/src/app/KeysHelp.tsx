import { Fragment } from "react";
import { Kbd } from "@/ui/button";
import { Dialog } from "@/ui/overlays";
import { useWords } from "@/vocabulary/use-words";

const KEYS = [
  ["?", "help"],
  ["Ctrl K", "search"],
  ["Esc", "back"],
  ["A", "own"],
  ["V", "verify"],
  ["D", "dispatch"],
  ["C", "close"],
  ["N", "next"],
  ["M", "map"],
  ["W", "wall"],
  ["1…9", "tiles"],
  ["← →", "pages"],
  ["Space", "play"],
  ["J K L", "shuttle"],
  [", .", "frame"],
  ["[ ]", "marks"],
  ["E", "export"],
] as const;

export function KeysHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useWords();
  return (
    <Dialog open={open} onClose={onClose} title={t("keys.title")}>
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-2 p-4" data-testid="keys">
        {KEYS.map(([key, word]) => (
          <Fragment key={key}>
            <dt>
              <Kbd>{key}</Kbd>
            </dt>
            <dd>{t(`keys.${word}`)}</dd>
          </Fragment>
        ))}
      </dl>
    </Dialog>
  );
}
