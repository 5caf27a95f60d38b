import type { ControllerConstructor } from "@hotwired/stimulus";
import CallController from "./call";
import ClockController from "./clock";
import CopyController from "./copy";
import DialogController from "./dialog";
import DraftController from "./draft";
import FocusController from "./focus";
import FrameController from "./frame";
import LightboxController from "./lightbox";
import MapController from "./map";
import OnceController from "./once";
import OpenerController from "./opener";
import PasswordController from "./password";
import PhotosController from "./photos";
import PositionController from "./position";
import ThemeController from "./theme";
import ToastController from "./toast";
import UndoController from "./undo";

/** Controllers that every page may use, by the name that templates write in data-controller. */
export const shared: Record<string, ControllerConstructor> = {
  call: CallController,
  clock: ClockController,
  copy: CopyController,
  dialog: DialogController,
  draft: DraftController,
  focus: FocusController,
  frame: FrameController,
  lightbox: LightboxController,
  map: MapController,
  once: OnceController,
  opener: OpenerController,
  password: PasswordController,
  photos: PhotosController,
  position: PositionController,
  theme: ThemeController,
  toast: ToastController,
  undo: UndoController,
};
