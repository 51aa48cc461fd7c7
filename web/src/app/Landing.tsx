import { Navigate } from "@tanstack/react-router";
import { useSession } from "@/world/hooks";

/** Each role begins at its own desk. */
export function Landing() {
  const { role, school } = useSession();
  if (role === "duty_officer") return <Navigate to="/desk" replace />;
  if (role === "head" && school !== null)
    return <Navigate to="/schools/$id" params={{ id: school }} replace />;
  return <Navigate to="/schools" replace />;
}
