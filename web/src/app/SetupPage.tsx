/** Adding a camera to one school. */
import { Link, useParams } from "@tanstack/react-router";
import { LinkIcon, VideoOff } from "lucide-react";
import { useState } from "react";
import type { School } from "@/api/types";
import { Wizard } from "@/features/setup/Wizard";
import { buttonClass } from "@/ui/button";
import { Notice, Panel, Skeleton } from "@/ui/surfaces";
import { useWords } from "@/vocabulary/use-words";
import { useConnection, useSchool, useSession } from "@/world/hooks";

export function SetupPage() {
  const { t } = useWords();
  const { id } = useParams({ from: "/schools/$id/setup" });
  const school = useSchool(id);
  const { rights } = useSession();
  const loading = useConnection().state === "loading";
  if (!rights.includes("camera.setup")) {
    return (
      <Notice
        icon={<VideoOff size={28} />}
        title={t("setup.no_right")}
        detail={t("setup.no_right_detail")}
        data-testid="no-right"
      />
    );
  }
  if (school !== undefined) return <Page school={school} />;
  if (loading) return <Skeleton className="m-4 h-64" />;
  return (
    <Notice title={t("school.not_found")} detail={t("school.not_found_detail")} data-testid="no-right" />
  );
}

function Page({ school }: { school: School }) {
  const { t, name } = useWords();
  const online = school.node.state === "online";
  const [begun, setBegun] = useState(online);
  if (online && !begun) setBegun(true); // a silence in between takes nothing away from whoever has begun
  const toSchool = (
    <Link to="/schools/$id" params={{ id: school.id }} className={buttonClass("plain")}>
      {t("setup.to_school")}
    </Link>
  );
  return (
    <div className="mx-auto max-w-4xl space-y-3 p-3 sm:p-4" data-testid="setup-page">
      <header className="flex flex-wrap items-baseline gap-x-3">
        <h1 className="text-xl font-semibold">{t("setup.title")}</h1>
        <Link to="/schools/$id" params={{ id: school.id }} className="text-accent">
          {t("setup.school", { school: name(school.name) })}
        </Link>
      </header>
      <Panel>
        <div className="p-4">
          {begun ? (
            <Wizard school={school} links={toSchool} />
          ) : (
            <Notice
              icon={<LinkIcon size={28} />}
              title={t("setup.silent")}
              detail={t("setup.silent_detail")}
              data-testid="setup-silent"
            />
          )}
        </div>
      </Panel>
    </div>
  );
}
