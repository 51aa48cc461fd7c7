/** Where a lack is mended: the button beside a requirement leads there. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { NormItem } from "@/features/norms/norms";
import type { Links } from "@/features/norms/Requirement";
import type { Ways } from "@/features/norms/Today";
import { buttonClass } from "@/ui/button";
import { useWords } from "@/vocabulary/use-words";
import { useSession, useWorld } from "@/world/hooks";
import type { NormsPlace } from "./places";

const MEND = buttonClass("plain", true);

/** A button to where the one who reads can do something about it; nothing where they cannot, or are there (`here`). */
export function useMending(school: string, here = false): (item: NormItem) => ReactNode {
  const { t } = useWords();
  const { rights } = useSession();
  const params = { id: school };
  return (item) => {
    switch (item.how_checked) {
      case "drill":
        return null; // the system is its witness: it is held, not written down
      case "document":
        return (
          <Link to="/schools/$id/documents" params={params} className={MEND} data-testid="mend">
            {t("norms.mend.document")}
          </Link>
        );
      case "exchange":
        return (
          <Link to="/schools/$id/site" params={params} className={MEND} data-testid="mend">
            {t("norms.mend.site")}
          </Link>
        );
      case "inspection":
        if (rights.includes("remarks.write"))
          return (
            <a href={`/inspect/?school=${school}`} className={MEND} data-testid="mend">
              {t("inspection.title")}
            </a>
          );
        if (!rights.includes("remarks.read")) return null;
        return (
          <Link to="/remarks" search={{ school, whose: "all" }} className={MEND} data-testid="mend">
            {t("norms.mend.remarks")}
          </Link>
        );
      case "picture":
        return (
          <Link to="/quality" className={MEND} data-testid="mend">
            {t("norms.mend.quality")}
          </Link>
        );
      default:
        if (here) return null;
        return (
          <Link to="/schools/$id" params={params} className={MEND} data-testid="mend">
            {t("norms.mend.equipment")}
          </Link>
        );
    }
  };
}

/** The ways out of a list of requirements; `place` is the day one asks about, which stays. */
export function useWays(school: string, place: NormsPlace = {}, here = false): Ways {
  const mend = useMending(school, here);
  return {
    why: (item, className, children) => (
      <Link
        to="/schools/$id/norms/$requirement"
        params={{ id: school, requirement: item.requirement }}
        search={place}
        className={className}
      >
        {children}
      </Link>
    ),
    mend,
  };
}

/** What an explanation names, as links where the console has a page of it; else by the name it has. */
export function useLinks(school: string): Links {
  const { t, name } = useWords();
  const cameras = useWorld((world) => world.cameras);
  return {
    subject: (collection, key) => {
      const camera =
        collection === "camera"
          ? [...cameras.values()].find((one) => one.school === school && one.key === key)
          : undefined;
      if (camera === undefined) return key;
      return (
        <Link to="/cameras/$id" params={{ id: camera.id }} className="text-accent">
          {name(camera.name)}
        </Link>
      );
    },
    evidence: (evidence) => {
      const [kind, id = ""] = evidence.split(":");
      if (kind === "alarm")
        return (
          <Link to="/alarms/$id/report" params={{ id }} className="text-accent">
            {t("norms.proof.alarm")}
          </Link>
        );
      if (kind === "document")
        return (
          <Link to="/schools/$id/documents" params={{ id: school }} className="text-accent">
            {t("norms.proof.document")}
          </Link>
        );
      return <span title={evidence}>{t("norms.proof.other")}</span>;
    },
  };
}
