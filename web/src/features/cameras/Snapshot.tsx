/** One picture as the camera makes it, sharper than its stream may be. Each is a line in the watch ledger. */
import { useMutation } from "@tanstack/react-query";
import { Camera as Lens } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { ApiProblem, problemOf } from "@/api/client";
import type { Camera } from "@/api/types";
import { Button, buttonClass } from "@/ui/button";
import { Dialog } from "@/ui/overlays";
import { Notice, Skeleton } from "@/ui/surfaces";
import { problemText } from "@/vocabulary/text";
import { dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { fileName } from "./names";

interface Picture {
  url: string;
  at: number;
}

async function take(camera: string, purpose: string): Promise<Picture> {
  const answer = await fetch(`/api/cameras/${camera}/snapshot?${new URLSearchParams({ purpose })}`).catch(
    (error: unknown) => {
      throw new ApiProblem("unreachable", 0, String(error));
    },
  );
  if (!answer.ok) throw problemOf(await answer.json().catch(() => null), answer.status);
  const at = Date.parse(answer.headers.get("X-Qorgan-At") ?? "");
  return { url: URL.createObjectURL(await answer.blob()), at };
}

export function SnapshotButton({ camera, purpose }: { camera: Camera; purpose: string }) {
  const { t, name } = useWords();
  const [open, setOpen] = useState(false);
  if (camera.onvif === "") return null; // only cameras that speak ONVIF make pictures
  return (
    <>
      <Button small onClick={() => setOpen(true)} data-testid="snapshot">
        <Lens size={14} aria-hidden /> {t("snapshot.open")}
      </Button>
      {open && (
        <Dialog
          open
          wide
          onClose={() => setOpen(false)}
          title={t("snapshot.title", { camera: name(camera.name) })}
        >
          <Shown camera={camera} purpose={purpose} />
        </Dialog>
      )}
    </>
  );
}

function Shown({ camera, purpose }: { camera: Camera; purpose: string }) {
  const { t, name } = useWords();
  const { mutate, data, error, isPending } = useMutation({
    mutationFn: () => take(camera.id, purpose),
    gcTime: 0,
  });
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current) return; // once: each is a line in the ledger
    begun.current = true;
    mutate();
  }, [mutate]);
  useEffect(() => () => void (data && URL.revokeObjectURL(data.url)), [data]);
  if (error !== null) {
    return (
      <Notice
        title={problemText(t, error)}
        action={<Button onClick={() => mutate()}>{t("app.again")}</Button>}
        data-testid="snapshot-failed"
      />
    );
  }
  const time = data === undefined ? "" : dayAndClock(data.at);
  return (
    <div className="space-y-3 p-4" aria-busy={isPending}>
      {data === undefined ? (
        <Skeleton className="aspect-video" />
      ) : (
        <img
          src={data.url}
          alt={t("snapshot.alt", { camera: name(camera.name), time })}
          className="w-full rounded-sm bg-video"
          data-testid="snapshot-picture"
        />
      )}
      <div className="flex flex-wrap items-center gap-3">
        <p className="min-w-0 basis-full text-sm text-ink-2 sm:flex-1 sm:basis-auto" role="status">
          {data === undefined || isPending ? t("snapshot.taking") : t("snapshot.at", { time })}{" "}
          {t("snapshot.ledger")}
        </p>
        <Button small disabled={isPending} onClick={() => mutate()}>
          {t("snapshot.again")}
        </Button>
        {data !== undefined && (
          <a href={data.url} download={fileName(camera.key, data.at)} className={buttonClass("plain", true)}>
            {t("snapshot.save")}
          </a>
        )}
      </div>
    </div>
  );
}
