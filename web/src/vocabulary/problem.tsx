/** What the centre refused or could not do, in words; keeps no room while all is well. */
import { Trouble } from "@/ui/fields";
import { problemText } from "./text";
import { useWords } from "./use-words";

export function Problem({
  error,
  className,
  testId,
}: {
  error: Error | null;
  className?: string;
  testId?: string;
}) {
  const { t } = useWords();
  return (
    <Trouble className={className} testId={testId}>
      {error !== null && problemText(t, error)}
    </Trouble>
  );
}
