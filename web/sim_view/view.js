// Draws the moments of a running simulation, as the server sends them.

const ZONES = { sterile: "#d62828", keep_out: "#d62828", slow: "#e58a00", room: "#2f6fb3" };
const canvas = document.getElementById("plan");
const pen = canvas.getContext("2d");
const text = (id, value) => { document.getElementById(id).textContent = value; };

let scene;
let wing;
let moment;

async function start() {
  const answer = await fetch("scene.json");
  if (!answer.ok) throw new Error(`scene: ${answer.status}`);
  scene = await answer.json();
  wing = new Image();
  wing.src = "map.png";
  await wing.decode();
  text("name", `${scene.name}, seed ${scene.seed}`);
  text("description", scene.description);
  document.title = scene.name;
  if (location.search === "?still") await show(); // all of it before the first picture
  new ResizeObserver(draw).observe(canvas);
  if (!moment) listen();
}

async function show() {
  const answer = await fetch("moment.json");
  if (!answer.ok) throw new Error(`moment: ${answer.status}`);
  moment = await answer.json();
  tell();
  draw();
}

function listen() {
  const source = new EventSource("moments");
  source.onopen = () => text("link", "");
  source.onerror = () => text("link", "connection lost, trying again…");
  source.addEventListener("end", () => source.close());
  source.onmessage = (event) => {
    moment = JSON.parse(event.data);
    tell();
    requestAnimationFrame(draw);
  };
}

function tell() {
  text("time", `${moment.time_s.toFixed(1)} s`);
  text("speed", `${moment.speed.toFixed(2)} m/s`);
  text("battery", `${(100 * moment.battery).toFixed(1)} %`);
  text("task", moment.task || "–");
  text("safety", [moment.safety, moment.reason].filter(Boolean).join(": "));
  text("contacts", moment.contacts.length ? `${moment.contacts.length} (${moment.contacts.at(-1)})` : "0");
  text("delivered", moment.delivered ? "yes" : "no");
}

function draw() {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
  const { x, y, width, height } = scene.map;
  const scale = Math.min(canvas.width / width, canvas.height / height);
  const left = (canvas.width - scale * width) / 2;
  const top = (canvas.height - scale * height) / 2;
  pen.setTransform(1, 0, 0, 1, left, top);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(wing, 0, 0, scale * width, scale * height);
  pen.setTransform(scale, 0, 0, -scale, left - scale * x, top + scale * (y + height));
  drawWing();
  if (moment) drawMoment();
}

function drawWing() {
  for (const zone of scene.zones) {
    pen.globalAlpha = zone.kind === "room" ? 0.06 : 0.15;
    fill(zone.polygon, ZONES[zone.kind]);
  }
  pen.globalAlpha = 1;
  for (const [name, [x, y]] of Object.entries(scene.stations)) {
    disc(x, y, 0.07, "#1a7f37");
    label(name, x + 0.15, y - 0.35);
  }
}

function drawMoment() {
  drawDoors();
  line(moment.path, "#7b3fbf", 0.05);
  for (const [name, x, y, yaw] of moment.objects) {
    const [long, wide] = scene.objects[name];
    fill(placed([[long, wide], [-long, wide], [-long, -wide], [long, -wide]], x, y, yaw), "#8a5a2b");
  }
  for (const person of moment.people) {
    const [torso, ...legs] = person.discs;
    pen.globalAlpha = 0.6;
    disc(...torso, "#f08c00");
    pen.globalAlpha = 1;
    for (const leg of legs) disc(...leg, "#8f4f00");
    const ahead = placed([[0, 0], [0.3, 0]], torso[0], torso[1], person.yaw);
    line(ahead, "#8f4f00", 0.04);
  }
  const [x, y, yaw] = moment.robot;
  fill(placed(scene.footprint, x, y, yaw), "#1c64c8");
  fill(placed([[0.3, 0], [0.1, 0.12], [0.1, -0.12]], x, y, yaw), "#ffffff");
  for (const point of moment.scan) disc(point[0], point[1], 0.03, "#e0142c");
}

function drawDoors() {
  for (const [name, [start, end]] of Object.entries(scene.doors)) {
    const open = moment.doors[name] ?? 1;
    const from = [start[0] + open * (end[0] - start[0]), start[1] + open * (end[1] - start[1])];
    line([from, end], "#1a9d6c", 0.1);
  }
}

function placed(points, x, y, yaw) {
  const cos = Math.cos(yaw), sin = Math.sin(yaw);
  return points.map(([u, v]) => [x + cos * u - sin * v, y + sin * u + cos * v]);
}

function trace(points) {
  pen.beginPath();
  points.forEach(([x, y], n) => (n ? pen.lineTo(x, y) : pen.moveTo(x, y)));
}

function fill(points, color) {
  trace(points);
  pen.closePath();
  pen.fillStyle = color;
  pen.fill();
}

function line(points, color, width) {
  if (points.length < 2) return;
  trace(points);
  pen.strokeStyle = color;
  pen.lineWidth = width;
  pen.stroke();
}

function disc(x, y, radius, color) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = color;
  pen.fill();
}

function label(words, x, y) {
  pen.save();
  pen.translate(x, y);
  pen.scale(1, -1);
  pen.font = "0.32px system-ui, sans-serif";
  pen.fillStyle = "#1a7f37";
  pen.fillText(words, 0, 0);
  pen.restore();
}

start().catch((error) => text("link", error.message));
