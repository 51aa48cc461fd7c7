/** A link by which VLC or a phone plays the chosen stretch without signing in: shown once, with its end, and taken back here. */
import { useMutation } from "@tanstack/react-query";
import { Copy, Link2 } from "lucide-react";
import { useState } from "react";
import { api, taken } from "@/api/client";
import type { StreamName } from "@/api/types";
import { Button } from "@/ui/button";
import { problemText } from "@/vocabulary/text";
import { dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";

export interface LinkWish {
  camera: string;
  stream: StreamName;
  purpose: string;
  start: number;
  end: number;
}

const LASTS_MIN = 60;

export function PlayerLink({ wish }: { wish: LinkWish | null }) {
  const { t } = useWords();
  const [copied, setCopied] = useState(false);
  const make = useMutation({
    mutationFn: (asked: LinkWish) =>
      taken(
        api.POST("/api/cameras/{camera_id}/links", {
          params: { path: { camera_id: asked.camera } },
          body: {
            start: new Date(asked.start).toISOString(),
            end: new Date(asked.end).toISOString(),
            stream: asked.stream,
            purpose: asked.purpose,
            lasts_min: LASTS_MIN,
          },
        }),
      ),
    onSuccess: () => setCopied(false),
  });
  const revoke = useMutation({
    mutationFn: (id: string) =>
      taken(api.DELETE("/api/links/{link_id}", { params: { path: { link_id: id } } })),
    onSuccess: () => make.reset(),
  });
  const link = make.data;
  const error = make.error ?? revoke.error;
  const copy = () => {
    if (link === undefined) return;
    navigator.clipboard.writeText(link.address).then(
      () => setCopied(true),
      () => setCopied(false), // the address stands there to be selected by hand
    );
  };
  return (
    <section className="space-y-2 border-t pt-3" data-testid="player-link">
      {link === undefined ? (
        <Button
          className="w-full"
          disabled={wish === null || make.isPending}
          onClick={() => wish !== null && make.mutate(wish)}
          data-testid="link-make"
        >
          <Link2 size={16} aria-hidden /> {t("player_link.make")}
        </Button>
      ) : (
        <>
          <div className="flex gap-2">
            <input
              readOnly
              value={link.address}
              aria-label={t("player_link.address")}
              onFocus={(event) => event.target.select()}
              className="h-9 min-w-0 flex-1 rounded-md border border-line-2 bg-ground px-2 text-sm text-ink"
              data-testid="link-address"
            />
            <Button onClick={copy} data-testid="link-copy">
              <Copy size={16} aria-hidden /> {copied ? t("player_link.copied") : t("player_link.copy")}
            </Button>
          </div>
          <p className="text-sm text-ink-2" data-testid="link-expires">
            {t("player_link.expires", { at: dayAndClock(Date.parse(link.expires_at)) })}
          </p>
          <Button
            look="quiet"
            disabled={revoke.isPending}
            onClick={() => revoke.mutate(link.id)}
            data-testid="link-revoke"
          >
            {t("player_link.revoke")}
          </Button>
        </>
      )}
      <p className="text-sm text-balance text-ink-2">{t("player_link.ledger")}</p>
      {error !== null && (
        <p role="alert" className="text-sm text-caution">
          {problemText(t, error)}
        </p>
      )}
    </section>
  );
}
