/** The chosen school beside the map: who to call, what works, what happened last. */
import { Link } from "@tanstack/react-router";
import { Building2, LayoutGrid, Map as MapIcon, MapPin, Phone, UserRound, X } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import type { Alarm, Camera, School } from "@/api/types";
import { OutAtSchool } from "@/features/duty/OutOfServiceList";
import { People } from "@/features/duty/People";
import { LastAlarms } from "@/features/schools/LastAlarms";
import { useAfterPaint } from "@/ui/after-paint";
import { Button, buttonClass } from "@/ui/button";
import { Notice } from "@/ui/surfaces";
import {
  CameraMark,
  CameraStateWords,
  cameraState,
  SchoolMark,
  schoolState,
  SchoolStateWords,
} from "@/vocabulary/schools";
import { clockOrDay } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useSchool, useServerNow, useSession, useWorld } from "@/world/hooks";

interface Moves {
  onWall: (school: string) => void;
  onForget: () => void;
  onAlarm: (alarm: Alarm) => void;
  /** An alarm of it is being handled: whom to call stands open. */
  forAlarm: boolean;
}

export function SchoolPanel({ school: id, ...moves }: { school: string | undefined } & Moves) {
  const { t } = useWords();
  const school = useSchool(id);
  if (school === undefined) {
    return (
      <Notice
        icon={<Building2 size={28} />}
        title={t("panel.empty")}
        detail={t("panel.empty_detail")}
        data-testid="panel-empty"
      />
    );
  }
  return <Panel school={school} {...moves} />;
}

function Panel({ school, onWall, onForget, onAlarm, forAlarm }: { school: School } & Moves) {
  const { t, name } = useWords();
  const painted = useAfterPaint(school.id);
  return (
    <section className="flex h-full min-h-0 flex-col" data-testid="school-panel" data-school={school.id}>
      <header className="border-b p-3">
        <div className="flex items-start gap-2">
          <h2 className="min-w-0 flex-1 text-lg leading-6 font-semibold text-balance">{name(school.name)}</h2>
          <button
            type="button"
            onClick={onForget}
            aria-label={t("panel.forget")}
            title={t("panel.forget")}
            className="inline-flex size-7 shrink-0 items-center justify-center rounded-sm text-ink-3 hover:bg-raised hover:text-ink"
          >
            <X size={16} aria-hidden />
          </button>
        </div>
        <p className="mt-1 flex items-center gap-2" data-testid="school-state">
          <SchoolMark state={schoolState(school)} />
          <SchoolStateWords school={school} />
          <LastPulse school={school} />
        </p>
        <dl className="mt-2 space-y-1 text-ink-2">
          <Fact icon={<UserRound size={15} aria-hidden />} label={t("school.head")}>
            {school.head}
          </Fact>
          <Fact icon={<Phone size={15} aria-hidden />} label={t("school.phone")}>
            <a href={`tel:${school.phone.replaceAll(" ", "")}`} className="font-medium text-accent">
              {school.phone}
            </a>
          </Fact>
          <Fact icon={<MapPin size={15} aria-hidden />} label={t("school.address")}>
            {name(school.address)}
          </Fact>
        </dl>
        <div className="mt-3 flex flex-wrap gap-2">
          <Button small onClick={() => onWall(school.id)} data-testid="school-wall">
            <LayoutGrid size={15} aria-hidden />
            {t("panel.wall")}
          </Button>
          <Link
            to="/schools/$id"
            params={{ id: school.id }}
            className={buttonClass("plain", true)}
            data-testid="school-page-link"
          >
            <Building2 size={15} aria-hidden />
            {t("panel.page")}
          </Link>
          <Link
            to="/schools/$id/plan"
            params={{ id: school.id }}
            className={buttonClass("plain", true)}
            data-testid="plan-open"
          >
            <MapIcon size={15} aria-hidden />
            {t("plan.short")}
          </Link>
        </div>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto">
        {painted && (
          <>
            <Contacts key={school.id} school={school.id} open={forAlarm} />
            <OutAtSchool school={school.id} />
            <Cameras school={school} />
            <h3 className="px-3 pt-3 pb-1 text-sm font-medium text-ink-3">{t("panel.last_alarms")}</h3>
            <LastAlarms school={school.id} onChoose={onAlarm} />
          </>
        )}
      </div>
    </section>
  );
}

/** Names and telephones of people are read when they are needed, and each reading is written down. */
function Contacts({ school, open }: { school: string; open: boolean }) {
  const { t } = useWords();
  const mayRead = useSession().rights.includes("people.read");
  const [asked, setAsked] = useState(false);
  if (!mayRead) return null;
  if (open || asked) return <People school={school} />;
  return (
    <div className="p-3 pb-0">
      <Button small onClick={() => setAsked(true)} data-testid="show-people">
        <Phone size={15} aria-hidden />
        {t("people.show")}
      </Button>
    </div>
  );
}

function Fact({ icon, label, children }: { icon: ReactNode; label: string; children: ReactNode }) {
  return (
    <div className="flex items-start gap-2">
      <dt className="mt-0.5 shrink-0 text-ink-3" title={label}>
        {icon}
        <span className="sr-only">{label}</span>
      </dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  );
}

function LastPulse({ school }: { school: School }) {
  const { t } = useWords();
  const now = useServerNow(30_000);
  if (school.node.state !== "silent" || school.node.last_pulse_at === null) return null;
  return (
    <span className="text-ink-3">
      {t("school.since", { time: clockOrDay(Date.parse(school.node.last_pulse_at), now) })}
    </span>
  );
}

function Cameras({ school }: { school: School }) {
  const { t } = useWords();
  const all = useWorld((world) => world.cameras);
  const cameras = useMemo(
    () =>
      [...all.values()]
        .filter((camera) => camera.school === school.id)
        .sort((a, b) => a.key.localeCompare(b.key)),
    [all, school.id],
  );
  return (
    <>
      <h3 className="flex justify-between px-3 pt-3 pb-1 text-sm font-medium text-ink-3">
        <span>{t("panel.cameras")}</span>
        <span>{t("panel.cameras_live", { live: school.cameras_live, total: school.cameras_total })}</span>
      </h3>
      <ul data-testid="panel-cameras">
        {cameras.map((camera) => (
          <li key={camera.id}>
            <CameraRow camera={camera} />
          </li>
        ))}
      </ul>
    </>
  );
}

function CameraRow({ camera }: { camera: Camera }) {
  const { name } = useWords();
  return (
    <Link
      to="/cameras/$id"
      params={{ id: camera.id }}
      className="flex min-h-8 items-center gap-2 px-3 py-1 hover:bg-raised"
      data-testid="panel-camera"
      data-state={cameraState(camera).state}
    >
      <CameraMark state={cameraState(camera).state} />
      <span className="min-w-0 flex-1">{name(camera.name)}</span>
      <span className="text-right text-sm text-ink-3">
        <CameraStateWords camera={camera} />
      </span>
    </Link>
  );
}
