import { useNavigate, useParams } from "@tanstack/react-router";
import { AfterAction } from "@/features/dispatch/AfterAction";

export function ReportPage() {
  const { id } = useParams({ from: "/alarms/$id/report" });
  const navigate = useNavigate();
  return <AfterAction id={id} onAlarm={() => void navigate({ to: "/desk", search: { alarm: id } })} />;
}
