/** One school: what fails today, its cameras, its alarms, and who watched it. A head's first screen. */
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { ClipboardCheck, Map as MapIcon, MapPin, Phone, Plus, UserRound } from "lucide-react";
import type { School } from "@/api/types";
import { WaysIn } from "@/features/duty/WaysIn";
import { Today } from "@/features/norms/Today";
import { SchoolDrills } from "@/features/drills/SchoolDrills";
import { SchoolRemarks } from "@/features/remarks/SchoolRemarks";
import { WriteButton } from "@/features/remarks/WriteButton";
import { CameraGrid } from "@/features/schools/CameraGrid";
import { Fails } from "@/features/schools/Fails";
import { LastAlarms } from "@/features/schools/LastAlarms";
import { Storage } from "@/features/schools/Storage";
import { Watches } from "@/features/schools/Watches";
import { buttonClass } from "@/ui/button";
import { Notice, Panel, Skeleton } from "@/ui/surfaces";
import { SchoolMark, schoolState, SchoolStateWords } from "@/vocabulary/schools";
import { useWords } from "@/vocabulary/use-words";
import { useConnection, useSchool, useSession } from "@/world/hooks";
import { useWays } from "./mending";

/** The worst of what the norms ask; the rest is one step away. */
const MOST_LACKS = 5;

export function SchoolPage() {
  const { t } = useWords();
  const { id } = useParams({ from: "/schools/$id" });
  const school = useSchool(id);
  const loading = useConnection().state === "loading";
  if (school !== undefined) return <Page school={school} />;
  if (loading) return <Skeleton className="m-4 h-64" />;
  return (
    <Notice title={t("school.not_found")} detail={t("school.not_found_detail")} data-testid="no-right" />
  );
}

function Page({ school }: { school: School }) {
  const { t, name } = useWords();
  const { rights } = useSession();
  const navigate = useNavigate();
  const ways = useWays(school.id, {}, true);
  const toRemark = ({ id }: { id: string }) => void navigate({ to: "/remarks/$id", params: { id } });
  return (
    <div
      className="mx-auto max-w-[1400px] space-y-3 p-3 sm:p-4"
      data-testid="school-page"
      data-school={school.id}
    >
      <header className="flex flex-wrap items-baseline gap-x-5 gap-y-1">
        <h1 className="text-xl font-semibold">{name(school.name)}</h1>
        <p className="flex items-center gap-2 text-ink-2" data-testid="school-state">
          <SchoolMark state={schoolState(school)} />
          <SchoolStateWords school={school} />
        </p>
        <span className="grow" />
        <p className="flex flex-wrap gap-x-5 gap-y-1 text-ink-2">
          <span className="inline-flex items-center gap-1.5">
            <UserRound size={15} aria-hidden /> {school.head}
          </span>
          <a
            href={`tel:${school.phone.replaceAll(" ", "")}`}
            className="inline-flex items-center gap-1.5 text-accent"
          >
            <Phone size={15} aria-hidden /> {school.phone}
          </a>
          <span className="inline-flex items-center gap-1.5">
            <MapPin size={15} aria-hidden /> {name(school.address)}
          </span>
          {rights.includes("plans.read") && (
            <Link
              to="/schools/$id/plan"
              params={{ id: school.id }}
              className={buttonClass("plain", true)}
              data-testid="plan-open"
            >
              <MapIcon size={15} aria-hidden /> {t("plan.plans")}
            </Link>
          )}
          {rights.includes("remarks.write") && (
            <a
              href={`/inspect/?school=${school.id}`}
              className={buttonClass("plain", true)}
              data-testid="inspect-open"
            >
              <ClipboardCheck size={15} aria-hidden /> {t("inspection.title")}
            </a>
          )}
        </p>
      </header>
      {rights.includes("norms.read") && (
        <Panel title={t("norms.today")} data-testid="norms-panel">
          <Today
            school={school.id}
            asked={{}}
            ways={ways}
            most={MOST_LACKS}
            all={(words) => (
              <Link
                to="/schools/$id/norms"
                params={{ id: school.id }}
                className="text-accent"
                data-testid="norms-open"
              >
                {words}
              </Link>
            )}
          />
        </Panel>
      )}
      <div className="grid gap-3 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <Panel title={t("school.fails")}>
          <Fails school={school} />
        </Panel>
        <Panel title={t("school.alarms")}>
          <div className="max-h-72 overflow-y-auto py-1">
            <LastAlarms school={school.id} />
          </div>
        </Panel>
      </div>
      {rights.includes("remarks.read") && (
        <Panel
          title={t("remark.title")}
          actions={
            <WriteButton
              about={{ school: school.id, target: { kind: "school" }, title: name(school.name) }}
              onWritten={toRemark}
            />
          }
        >
          <SchoolRemarks
            school={school.id}
            link={(remark, className, children) => (
              <Link to="/remarks/$id" params={{ id: remark.id }} className={className}>
                {children}
              </Link>
            )}
            all={(words) => (
              <Link to="/remarks" search={{ school: school.id, whose: "all" }} className="text-accent">
                {words}
              </Link>
            )}
          />
        </Panel>
      )}
      {rights.includes("drills.read") && (
        <Panel title={t("drills.title")}>
          <SchoolDrills school={school.id} />
        </Panel>
      )}
      {rights.includes("faults.read") && (
        <Panel title={t("ways.title")}>
          <WaysIn school={school.id} />
        </Panel>
      )}
      <Panel title={t("storage.title")}>
        <Storage school={school.id} />
      </Panel>
      <Panel
        title={t("panel.cameras")}
        actions={
          rights.includes("camera.setup") && (
            <Link
              to="/schools/$id/setup"
              params={{ id: school.id }}
              className={buttonClass("plain", true)}
              data-testid="setup-open"
            >
              <Plus size={14} aria-hidden /> {t("setup.open")}
            </Link>
          )
        }
      >
        <CameraGrid
          school={school}
          archive={(camera, words) => (
            <span className="flex flex-wrap items-center justify-end gap-2">
              <WriteButton
                about={{
                  school: school.id,
                  target: { kind: "camera", camera: camera.id },
                  title: name(camera.name),
                }}
                onWritten={toRemark}
              >
                <span className="sr-only">{t("remark.write")}</span>
              </WriteButton>
              <Link
                to="/cameras/$id"
                params={{ id: camera.id }}
                className="text-accent"
                data-testid="open-archive"
              >
                {words}
              </Link>
            </span>
          )}
        />
      </Panel>
      {rights.includes("watches.read") && (
        <Panel title={t("watches.title")}>
          <Watches school={school.id} />
        </Panel>
      )}
    </div>
  );
}
