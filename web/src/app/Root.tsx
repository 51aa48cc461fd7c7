/** Who is signed in decides: the sign-in form, or the console with its live world around the chosen screen. */
import { Outlet, useRouterState } from "@tanstack/react-router";
import { ServerCrash } from "lucide-react";
import { useEffect, useState } from "react";
import type { Session } from "@/api/types";
import { useQueryClient } from "@tanstack/react-query";
import { SESSION_KEY, useSessionQuery } from "@/features/session/session";
import { SignIn } from "@/features/session/SignIn";
import { chooseLanguage, languageWasChosen } from "@/locales/i18n";
import { LiveVideoContext } from "@/player/context";
import { publishTiles } from "@/player/diagnostics";
import { LiveVideo } from "@/player/live-video";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/surfaces";
import { problemText } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { SessionContext, WorldContext } from "@/world/hooks";
import { WorldStore } from "@/world/store";
import { AlarmGuard } from "./AlarmGuard";
import { TopBar } from "./TopBar";
import { OfflineBanner } from "./OfflineBanner";

export function Root() {
  const { t } = useWords();
  const session = useSessionQuery();
  if (session.isPending) return <div className="h-full bg-ground" aria-busy />;
  if (session.error !== null) {
    return (
      <Notice
        icon={<ServerCrash size={28} />}
        title={problemText(t, session.error)}
        detail={t("problem.centre_detail")}
        action={<Button onClick={() => void session.refetch()}>{t("app.again")}</Button>}
        data-testid="centre-unreachable"
      />
    );
  }
  if (session.data === null) return <SignIn />;
  return <SignedIn key={session.data.user.id} session={session.data} />;
}

function useLive(watches: boolean): { world: WorldStore; video: LiveVideo } | null {
  const queries = useQueryClient();
  const [live, setLive] = useState<{ world: WorldStore; video: LiveVideo } | null>(null);
  useEffect(() => {
    const world = new WorldStore(() => void queries.invalidateQueries({ queryKey: SESSION_KEY }));
    const video = new LiveVideo(world.now);
    world.start();
    if (watches) video.start();
    publishTiles(video);
    setLive({ world, video });
    return () => {
      publishTiles(null);
      video.stop();
      world.stop();
      setLive(null);
    };
  }, [queries, watches]);
  return live;
}

function SignedIn({ session }: { session: Session }) {
  const live = useLive(session.rights.includes("live.view"));
  const bare = useRouterState({ select: (state) => state.location.pathname === "/wall" });
  useEffect(() => {
    if (!languageWasChosen()) chooseLanguage(session.language);
  }, [session.language]);
  if (live === null) return null;
  return (
    <SessionContext value={session}>
      <WorldContext value={live.world}>
        <LiveVideoContext value={live.video}>
          <div className="flex h-full min-h-0 flex-col">
            {!bare && <TopBar />}
            <OfflineBanner />
            {session.role === "duty_officer" && !bare && <AlarmGuard />}
            <main className="min-h-0 flex-1 overflow-auto">
              <Outlet />
            </main>
          </div>
        </LiveVideoContext>
      </WorldContext>
    </SessionContext>
  );
}
