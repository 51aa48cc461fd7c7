/** One remark, with the ways to its school, camera and plan. */
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useRemark, useRemarkEvents } from "@/features/remarks/remarks";
import { type Links, RemarkScreen } from "@/features/remarks/RemarkScreen";
import { buttonClass } from "@/ui/button";
import { Notice, Skeleton } from "@/ui/surfaces";
import { problemText } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";

export const toSchool = (school: string, words: string): ReactNode => (
  <Link to="/schools/$id" params={{ id: school }} className="text-accent">
    {words}
  </Link>
);

export const toPlan = (school: string, plan: string, words: string): ReactNode => (
  <Link to="/schools/$id/plan" params={{ id: school }} search={{ plan }} className="text-accent">
    {words}
  </Link>
);

export const toRemarks = (className: string, children: ReactNode): ReactNode => (
  <Link to="/remarks" className={className} data-testid="to-remarks">
    {children}
  </Link>
);

const LINKS: Links = {
  back: toRemarks,
  school: toSchool,
  plan: toPlan,
  camera: (camera, at, words) => (
    <Link
      to="/cameras/$id"
      params={{ id: camera }}
      search={at === null ? {} : { at }}
      className="text-accent"
      data-testid="remark-camera"
    >
      {words}
    </Link>
  ),
};

export function RemarkPage() {
  const { t } = useWords();
  const { id } = useParams({ from: "/remarks/$id" });
  const navigate = useNavigate();
  useRemarkEvents();
  const { data, error } = useRemark(id);
  if (error !== null && data === undefined) {
    return (
      <Notice
        title={problemText(t, error)}
        action={toRemarks(buttonClass(), t("remark.title"))}
        data-testid="no-right"
      />
    );
  }
  if (data === undefined) return <Skeleton className="m-4 h-64" />;
  return <RemarkScreen remark={data} links={LINKS} onDeleted={() => void navigate({ to: "/remarks" })} />;
}
