import { useNavigate, useParams } from "@tanstack/react-router";
import { HandOver } from "@/features/duty/HandOver";

export function HandOverPage() {
  const { id } = useParams({ from: "/duty/handover/$id" });
  const navigate = useNavigate();
  return <HandOver id={id} onDone={() => void navigate({ to: "/duty" })} />;
}
