/** Remarks: mine, to fix, or all that I may see; above them the joint reviews that wait for my signature. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { EmptyRemarks, RemarkList } from "@/features/remarks/RemarkList";
import { WaitingReviews } from "@/features/remarks/Reviews";
import { Notice, Segmented } from "@/ui/surfaces";
import { useWords } from "@/vocabulary/use-words";
import { useSchool, useSession } from "@/world/hooks";
import { buttonClass } from "@/ui/button";
import type { RemarksPlace, Whose } from "./places";

/** What each office comes for. */
function usualOf(rights: readonly string[]): Whose {
  if (rights.includes("remarks.write")) return "mine";
  return rights.includes("remarks.answer") ? "fix" : "all";
}

export function RemarksPage() {
  const { t, name } = useWords();
  const { rights } = useSession();
  const place = useSearch({ from: "/remarks" });
  const navigate = useNavigate({ from: "/remarks" });
  const school = useSchool(place.school);
  if (!rights.includes("remarks.read")) return <Notice title={t("remark.no_right")} data-testid="no-right" />;
  const whose = place.whose ?? (place.school === undefined ? usualOf(rights) : "all");
  const move = (change: Partial<RemarksPlace>) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const choices: Whose[] = [
    ...(rights.includes("remarks.write") ? (["mine"] as const) : []),
    ...(rights.includes("remarks.answer") ? (["fix"] as const) : []),
    "all",
  ];
  return (
    <div className="flex h-full min-h-0 flex-col" data-testid="remarks-page" data-whose={whose}>
      <header className="flex min-h-11 shrink-0 flex-wrap items-center gap-x-4 gap-y-1 border-b px-3 py-1">
        <h1 className="text-lg font-semibold">{t("remark.title")}</h1>
        {choices.length > 1 && (
          <Segmented
            label={t("remark.whose")}
            value={whose}
            onChoose={(chosen) => move({ whose: chosen, state: undefined })}
            choices={choices.map((value) => ({ value, label: t(`remark.whose_is.${value}`) }))}
            testId="whose"
          />
        )}
        {school !== undefined && (
          <span className="flex items-center gap-2 text-ink-2">
            {name(school.name)}
            <Link to="/remarks" search={{ ...place, school: undefined }} className="text-sm text-accent">
              {t("remark.all_schools")}
            </Link>
          </span>
        )}
        <span className="grow" />
        <Link
          to="/inspections"
          search={{ school: place.school }}
          className="text-sm text-accent"
          data-testid="inspections-open"
        >
          {t("inspection.list.title")}
        </Link>
        {rights.includes("remarks.write") && (
          <a href="/inspect/" className={buttonClass("plain", true)} data-testid="inspect-open">
            {t("inspection.title")}
          </a>
        )}
      </header>
      <WaitingReviews
        link={(review, className, children) => (
          <Link to="/reviews/$id" params={{ id: review.id }} className={className}>
            {children}
          </Link>
        )}
      />
      <RemarkList
        filter={{ ...place, whose: whose === "all" ? undefined : whose }}
        onFilter={move}
        link={(remark, className, children) => (
          <Link to="/remarks/$id" params={{ id: remark.id }} className={className}>
            {children}
          </Link>
        )}
        empty={<EmptyRemarks title={t(`remark.empty.${whose}`)} detail={t(`remark.empty_detail.${whose}`)} />}
      />
    </div>
  );
}
