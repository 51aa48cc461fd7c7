/** The way to a remark from wherever one looks. Nothing for those who write none. */
import { MessageSquareWarning } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Remark } from "@/api/types";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/overlays";
import { useWords } from "@/vocabulary/use-words";
import { useSession } from "@/world/hooks";
import { type About, WriteForm } from "./WriteForm";

export function WriteButton({
  about,
  onWritten,
  onPicture = false,
  children,
}: {
  about: About;
  /** It was issued, or kept as a draft. */
  onWritten: (remark: Remark) => void;
  /** Small, over a live picture. */
  onPicture?: boolean;
  children?: ReactNode;
}) {
  const { t } = useWords();
  const { rights } = useSession();
  const [open, setOpen] = useState(false);
  if (!rights.includes("remarks.write")) return null;
  return (
    <>
      {onPicture ? (
        <button
          type="button"
          title={t("remark.write")}
          aria-label={t("remark.write")}
          onClick={() => setOpen(true)}
          className="inline-flex size-7 items-center justify-center rounded-sm bg-veil text-on-video hover:brightness-150"
          data-testid="write-open"
          data-target={about.target.kind}
        >
          <MessageSquareWarning size={15} aria-hidden />
        </button>
      ) : (
        <Button
          small
          onClick={() => setOpen(true)}
          title={t("remark.write")}
          data-testid="write-open"
          data-target={about.target.kind}
        >
          <MessageSquareWarning size={14} aria-hidden /> {children ?? t("remark.write")}
        </Button>
      )}
      {open && (
        <Dialog open onClose={() => setOpen(false)} title={t("remark.write")}>
          <WriteForm
            about={about}
            onDone={(remark) => {
              setOpen(false);
              onWritten(remark);
            }}
          />
        </Dialog>
      )}
    </>
  );
}
