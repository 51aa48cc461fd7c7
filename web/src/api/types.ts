/** Short names for what crosses the wire: HTTP from the generated schema, the WebSockets after docs/design/interfaces.md §6. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Session = Schemas["Session"];
export type School = Schemas["School"];
export type Camera = Schemas["Camera"];
export type Stream = Schemas["Stream"];
export type Alarm = Schemas["Alarm"];
export type LogLine = Schemas["LogLine"];
export type Unit = Schemas["Unit"];
export type Dispatch = Schemas["Dispatch"];
export type DispatchState = Schemas["DispatchState"];
export type Candidate = Schemas["Candidate"];
export type Checklist = Schemas["Checklist"];
export type ChecklistItem = Schemas["ChecklistItem"];
export type AfterAction = Schemas["AfterAction"];
export type AfterActionPart = Schemas["ReportInterval"];
export type UnitReport = Schemas["UnitReport"];
export type Scenario = Schemas["Scenario"];
export type ActionOrder = Schemas["ActionOrder"];
export type ActionWord = Schemas["ActionOrder"]["action"];
export type SchoolAction = Schemas["SchoolAction"];
export type OutOfService = Schemas["OutOfService"];
export type Duty = Schemas["DutyBoard"];
export type Desk = Schemas["Desk"];
export type Handover = Schemas["Handover"];
export type HandoverItem = Schemas["HandoverItem"];
export type SchoolPeople = Schemas["SchoolPeople"];
export type SchoolPerson = Schemas["SchoolPerson"];
export type Watch = Schemas["Watch"];
export type Timeline = Schemas["Timeline"];
export type LocalText = Schemas["Name"];
export type Role = Schemas["Role"];
export type Right = Schemas["Right"];
export type Level = Schemas["Level"];
export type Kind = Schemas["Kind"];
export type AlarmState = Schemas["State"];
export type Verdict = Schemas["Verdict"];
export type Disposition = Schemas["Disposition"];
export type StreamName = Schemas["StreamName"];
export type CameraState = Schemas["CameraState"];
export type CameraReason = Schemas["CameraReason"];
export type Problem = Schemas["Problem"];

export type Frame = Schemas["Frame"];
export type Remark = Schemas["Remark"];
export type NewRemark = Schemas["NewRemark"];
export type RemarkOrder = Schemas["RemarkOrder"];
export type Measured = Schemas["Measured"];
export type JointReview = Schemas["JointReview"];

/** First message of `/ws/events`. */
export interface Snapshot {
  type: "snapshot";
  at: string;
  schools: School[];
  cameras: Camera[];
  alarms: Alarm[];
  units: Unit[];
}

export type WorldEvent =
  | { type: "event"; topic: "school"; data: School; at: string }
  | { type: "event"; topic: "camera"; data: Camera; at: string }
  | { type: "event"; topic: "alarm"; data: Alarm; at: string }
  | { type: "event"; topic: "unit"; data: Unit; at: string };

/** That a remark or a joint review has changed; whoever shows it asks for it anew. */
export type Told =
  | { type: "event"; topic: "remark"; data: { id: string; school: string }; at: string }
  | { type: "event"; topic: "review"; data: { id: string; school: string }; at: string };

export type OneMessage = Snapshot | WorldEvent | Told | { type: "ping"; at: string };

export type EventsMessage = OneMessage | { type: "several"; items: OneMessage[] };

/** The answer to a browser that asked over `/ws/video` what time it is. */
export interface TimeMessage {
  op: "time";
  id: number;
  at_ms: number;
}

/** Text from the server on `/ws/video` about one tile. */
export type VideoMessage =
  | { op: "opened"; tile: number; mime: string; width: number; height: number }
  | { op: "state"; tile: number; state: string; reason: string }
  | { op: "skipped"; tile: number; frames: number }
  /** How far the school's clock, which tells when a picture was taken, is ahead of the centre's, at most. */
  | { op: "clock"; tile: number; ahead_ms: number }
  | { op: "refused"; tile: number; code: string; detail: string };
