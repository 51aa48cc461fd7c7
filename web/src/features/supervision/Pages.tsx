/** A list that comes in pages, and the states it has: coming, trouble, empty, more of it. */
import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { Button } from "@/ui/button";
import { Skeleton } from "@/ui/surfaces";
import { problemText } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";

export function Pages({
  asked,
  none,
  testId,
  children,
}: {
  asked: Pick<UseInfiniteQueryResult, "data" | "error" | "isPending" | "hasNextPage" | "fetchNextPage">;
  none: string;
  testId: string;
  children: readonly ReactElement[];
}) {
  const { t } = useWords();
  return (
    <>
      {asked.isPending && <Skeleton className="m-3 h-10" />}
      {asked.error !== null && <p className="p-3 text-caution">{problemText(t, asked.error)}</p>}
      {asked.data !== undefined && children.length === 0 && (
        <p className="p-3 text-ink-2" data-testid={testId}>
          {none}
        </p>
      )}
      <ul className="divide-y">{children}</ul>
      {asked.hasNextPage && (
        <Button small look="quiet" className="m-2" onClick={() => void asked.fetchNextPage()}>
          {t("supervision.more")}
        </Button>
      )}
    </>
  );
}
