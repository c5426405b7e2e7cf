export { ClawpodDriver, type DriverOptions } from './driver.js';
export { DRIVER_KINDS, register } from './register.js';
export { readSettings, SettingsError, type Settings } from './settings.js';
export type * from './session-driver.js';
