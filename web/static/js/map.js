// The wing from above: map, zones, stations, robot, path, people. y points up, as in the map frame.

import { getJson } from "./api.js";
import { byId } from "./dom.js";
import { currentLanguage } from "./i18n.js";
import { namePlaces } from "./said.js";

const INK = {
  zone: { room: "#46596b", sterile: "#9d7bff", keep_out: "#8b98a3", slow: "#6a7f95" },
  station: "#c9d6df",
  door: { closed: "#e8b98a", opening: "#e8b98a", open: "#5f7482", unknown: "#71818c" },
  path: "#7aa7ff",
  robot: "#ffffff",
  person: "#f2b8e6",
  free: [29, 40, 49],
  wall: [141, 158, 171],
  unknown: [11, 16, 20],
};
const FREE_GREY = 230;
const WALL_GREY = 60;

let site = null;
let ground = null;
let view = null;

export const currentSite = () => site;

export async function loadSite() {
  const loaded = await getJson("/api/robot/site");
  const picture = new Image();
  picture.src = "/api/robot/map.png";
  await picture.decode();
  ground = recolour(picture);
  site = loaded;
  namePlaces(site.stations);
}

// Grey picture of the map server into the colours of the panel: dark floor, light walls.
function recolour(picture) {
  const canvas = document.createElement("canvas");
  canvas.width = picture.naturalWidth;
  canvas.height = picture.naturalHeight;
  const pen = canvas.getContext("2d");
  pen.drawImage(picture, 0, 0);
  const pixels = pen.getImageData(0, 0, canvas.width, canvas.height);
  const box = { left: canvas.width, right: 0, top: canvas.height, bottom: 0 };
  for (let i = 0; i < pixels.data.length; i += 4) {
    const grey = pixels.data[i];
    const ink = grey > FREE_GREY ? INK.free : grey < WALL_GREY ? INK.wall : INK.unknown;
    pixels.data.set(ink, i);
    if (ink === INK.free) widen(box, (i / 4) % canvas.width, Math.floor(i / 4 / canvas.width));
  }
  pen.putImageData(pixels, 0, 0);
  return { canvas, box };
}

function widen(box, column, row) {
  box.left = Math.min(box.left, column);
  box.right = Math.max(box.right, column);
  box.top = Math.min(box.top, row);
  box.bottom = Math.max(box.bottom, row);
}

// Scale and offsets that show the free part of the map, with a margin for walls.
function fitView(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const { left, right, top, bottom } = ground.box;
  const margin = 0.4 / site.resolution;
  const columns = right - left + 1 + 2 * margin;
  const rows = bottom - top + 1 + 2 * margin;
  const scale = Math.min(width / columns, height / rows);
  const x0 = (width - columns * scale) / 2 - (left - margin) * scale;
  const y0 = (height - rows * scale) / 2 - (top - margin) * scale;
  const metre = scale / site.resolution;
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) * ratio;
  return {
    scale, x0, y0, metre, rem,
    point: (x, y) => [x0 + (x - site.origin_x) * metre, y0 + (site.rows * site.resolution - (y - site.origin_y)) * metre],
  };
}

export function drawMap(robot, stale) {
  const canvas = byId("map");
  if (!canvas || !site || !canvas.clientWidth) return;
  view = fitView(canvas);
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingEnabled = view.scale < 1;
  pen.drawImage(ground.canvas, view.x0, view.y0, ground.canvas.width * view.scale, ground.canvas.height * view.scale);
  for (const zone of site.zones) drawZone(pen, zone);
  for (const door of site.doors) drawDoor(pen, door, stale ? null : robot?.doors.find(({ name }) => name === door.name));
  const taken = site.stations.map(spot);
  for (const station of site.stations) drawStation(pen, station, taken);
  if (!robot) return;
  drawPath(pen, robot.path);
  if (!stale) for (const person of robot.people) drawPerson(pen, person);
  if (robot.pose) drawRobot(pen, robot, stale);
}

function outline(pen, points) {
  pen.beginPath();
  for (const [x, y] of points) pen.lineTo(...view.point(x, y));
}

function drawZone(pen, zone) {
  outline(pen, zone.polygon);
  pen.closePath();
  pen.strokeStyle = INK.zone[zone.kind] ?? INK.zone.room;
  pen.lineWidth = view.rem * 0.12;
  pen.setLineDash(zone.kind === "room" ? [] : [view.rem * 0.5, view.rem * 0.4]);
  pen.stroke();
  pen.setLineDash([]);
  if (zone.kind === "keep_out" || zone.kind === "sterile") {
    pen.globalAlpha = 0.18;
    pen.fillStyle = pen.strokeStyle;
    pen.fill();
    pen.globalAlpha = 1;
  }
}

// As far as it is shut: a whole leaf when closed, a stub when open; dotted while nobody has seen it lately.
function drawDoor(pen, door, seen) {
  const state = seen?.state ?? "unknown";
  const [[x0, y0], [x1, y1]] = door.leaf;
  const shut = state === "unknown" ? 1 : Math.max(1 - seen.opening, 0.12);
  outline(pen, [[x0, y0], [x0 + (x1 - x0) * shut, y0 + (y1 - y0) * shut]]);
  pen.strokeStyle = INK.door[state];
  pen.lineWidth = view.rem * 0.45;
  pen.setLineDash(state === "unknown" ? [view.rem * 0.3, view.rem * 0.3] : []);
  pen.stroke();
  pen.setLineDash([]);
}

function spot(station) {
  const [x, y] = view.point(station.x, station.y);
  const radius = 0.25 * view.metre;
  return { left: x - radius, top: y - radius, width: 2 * radius, height: 2 * radius };
}

function drawStation(pen, station, taken) {
  const [x, y] = view.point(station.x, station.y);
  pen.strokeStyle = INK.station;
  pen.lineWidth = view.rem * 0.15;
  pen.beginPath();
  pen.arc(x, y, 0.25 * view.metre, 0, 2 * Math.PI);
  pen.stroke();
  label(pen, station.label[currentLanguage()] ?? station.label.en ?? station.name, x, y, taken);
}

// Beside its station, where it covers no other label and stays inside the picture.
function label(pen, text, x, y, taken) {
  pen.font = `600 ${1.55 * view.rem}px "Noto Sans KR Variable", sans-serif`;
  const size = { width: pen.measureText(text).width + 0.6 * view.rem, height: 1.9 * view.rem };
  const away = 0.3 * view.metre;
  const places = [
    [x - size.width / 2, y + away],
    [x - size.width / 2, y - away - size.height],
    [x + away, y - size.height / 2],
    [x - away - size.width, y - size.height / 2],
  ];
  const boxes = places.map(([left, top]) => ({
    left: Math.min(Math.max(left, 0), pen.canvas.width - size.width),
    top: Math.min(Math.max(top, 0), pen.canvas.height - size.height),
    ...size,
  }));
  const box = boxes.find((each) => taken.every((other) => !overlap(each, other))) ?? boxes[0];
  taken.push(box);
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  pen.lineWidth = view.rem * 0.45;
  pen.lineJoin = "round";
  pen.strokeStyle = "#0b1014";
  const at = [box.left + 0.3 * view.rem, box.top + size.height / 2];
  pen.strokeText(text, ...at);
  pen.fillStyle = INK.station;
  pen.fillText(text, ...at);
}

function overlap(a, b) {
  return a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;
}

function drawPath(pen, path) {
  if (path.length < 2) return;
  outline(pen, path);
  pen.strokeStyle = INK.path;
  pen.lineWidth = view.rem * 0.3;
  pen.stroke();
}

function drawPerson(pen, person) {
  const [x, y] = view.point(person.x, person.y);
  pen.fillStyle = INK.person;
  pen.beginPath();
  pen.arc(x, y, 0.25 * view.metre, 0, 2 * Math.PI);
  pen.fill();
  pen.strokeStyle = INK.person;
  pen.lineWidth = view.rem * 0.18;
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(...view.point(person.x + person.vx, person.y + person.vy));
  pen.stroke();
}

function drawRobot(pen, robot, stale) {
  const { x, y, yaw } = robot.pose;
  const [cos, sin] = [Math.cos(yaw), Math.sin(yaw)];
  const place = ([a, b]) => [x + cos * a - sin * b, y + sin * a + cos * b];
  outline(pen, robot.footprint.map(place));
  pen.closePath();
  pen.fillStyle = robot.lost || stale ? "#71818c" : INK.robot;
  pen.fill();
  pen.strokeStyle = INK.path;
  pen.lineWidth = view.rem * 0.25;
  pen.stroke();
  const nose = Math.max(...robot.footprint.map(([a]) => a));
  outline(pen, [[nose * 0.75, 0], [0, nose * 0.45], [0, -nose * 0.45]].map(place));
  pen.closePath();
  pen.fillStyle = "#0b1014";
  pen.fill();
}
