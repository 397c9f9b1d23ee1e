// What the page runs besides Swagger UI itself; apart from it, so that no script stands in the page.
window.SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  tagsSorter: "alpha",
  docExpansion: "none",
  persistAuthorization: false,
  validatorUrl: null,
});
