/** The end of an inspection: what it holds, the name, and the signature with a finger. */
import { useState } from "react";
import { Button } from "@/ui/button";
import { Field, INPUT, Trouble } from "@/ui/fields";
import { Dialog } from "@/ui/overlays";
import { useWords } from "@/vocabulary/use-words";
import { type Inspection, lacks, LONGEST_NAME, progress, type Signature } from "./record";
import { isSigned, pathOf, type Stroke } from "./signature";
import { SignaturePad } from "./SignaturePad";

export function SignSheet({
  inspection,
  name: owner,
  onSigned,
  onClose,
}: {
  inspection: Inspection;
  name: string;
  onSigned: (signature: Signature) => void;
  onClose: () => void;
}) {
  const { t } = useWords();
  const [name, setName] = useState(owner);
  const [strokes, setStrokes] = useState<readonly Stroke[]>([]);
  const [tried, setTried] = useState(false);
  const signature = { name, path: isSigned(strokes) ? pathOf(strokes) : "" };
  const lack = lacks(inspection, signature);
  const { done, seen, all, remarks, photos } = progress(inspection);
  return (
    <Dialog open onClose={onClose} title={t("inspection.sign_title")}>
      <form
        className="space-y-4 p-4"
        data-testid="sign-sheet"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (lack === null) onSigned(signature);
        }}
      >
        <p className="text-ink-2">
          {t("inspection.seen_of", { count: seen, all })} · {t("inspection.remarks", { count: remarks })} ·{" "}
          {t("inspection.photos", { count: photos })}
          {done < all && (
            <span className="block text-caution">{t("inspection.rest_not_seen", { count: all - done })}</span>
          )}
          {remarks > 0 && <span className="block">{t("inspection.become_drafts", { count: remarks })}</span>}
        </p>
        <Field label={t("inspection.signer")}>
          <input
            value={name}
            onChange={(event) => setName(event.target.value)}
            maxLength={LONGEST_NAME}
            className={`${INPUT} h-11`}
            data-testid="signer"
          />
        </Field>
        <SignaturePad strokes={strokes} onChange={setStrokes} />
        <Trouble testId="sign-lack">{tried && lack !== null && t(`inspection.lack.${lack}`)}</Trouble>
        <Button type="submit" look="primary" className="h-12 w-full" data-testid="sign-finish">
          {t("inspection.sign")}
        </Button>
      </form>
    </Dialog>
  );
}
