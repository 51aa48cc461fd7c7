import { Fragment } from "react";
import { Kbd } from "@/ui/button";
import { Dialog } from "@/ui/overlays";
import { useWords } from "@/vocabulary/use-words";

const GROUPS = {
  everywhere: [
    ["?", "help"],
    ["Ctrl K", "search"],
    ["Esc", "back"],
    ["Q", "queue"],
    ["B", "caller"],
    ["U", "duty"],
    ["H", "handover"],
  ],
  alarm: [
    ["A", "own"],
    ["V", "verify"],
    ["D", "dispatch"],
    ["R", "radio"],
    ["T", "tell"],
    ["C", "close"],
    ["K", "checklist"],
    ["L", "note"],
    ["F", "people"],
    ["X", "phone"],
    ["E", "evidence"],
    ["S", "shelf"],
    ["G", "release"],
    ["P", "paper"],
    ["I", "report"],
    ["O", "review"],
    ["N", "next"],
    ["Z", "plan"],
    ["+ − 0", "zoom"],
  ],
  video: [
    ["M", "map"],
    ["W", "wall"],
    ["1…9", "tiles"],
    ["← →", "pages"],
    ["Space", "play"],
    ["J K L", "shuttle"],
    [", .", "frame"],
    ["[ ]", "marks"],
    ["E", "export"],
  ],
  remarks: [
    ["F", "find"],
    ["O", "overdue"],
    ["↑ ↓", "rows"],
  ],
} as const;

export function KeysHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useWords();
  return (
    <Dialog open={open} onClose={onClose} title={t("keys.title")} wide>
      <div className="gap-x-8 p-4 sm:columns-2" data-testid="keys">
        {(["alarm", "everywhere", "video", "remarks"] as const).map((group) => (
          <section key={group} className="mb-4 break-inside-avoid">
            <h3 className="mb-2 text-sm font-medium text-ink-3">{t(`keys.group.${group}`)}</h3>
            <dl className="grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-1.5">
              {GROUPS[group].map(([key, word]) => (
                <Fragment key={key}>
                  <dt>
                    <Kbd>{key}</Kbd>
                  </dt>
                  <dd>{t(`keys.${word}`)}</dd>
                </Fragment>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
