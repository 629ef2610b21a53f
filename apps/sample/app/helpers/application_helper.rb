module ApplicationHelper
  # A user's initials on a colour of their own: no other site learns who reads the page.
  def avatar(user, size: 48)
    initials = user.name.split.values_at(0, 1).compact.map(&:first).join.upcase
    hue = user.email.sum * 47 % 360

    tag.svg(class: "avatar", width: size, height: size, viewBox: "0 0 48 48", "aria-hidden": true) do
      tag.circle(cx: 24, cy: 24, r: 24, fill: "hsl(#{hue} 45% 36%)") +
        tag.text(initials, x: 24, y: 31, "text-anchor": "middle", "font-size": 19)
    end
  end

  def time_ago(time)
    tag.time("#{time_ago_in_words(time)} ago", datetime: time.iso8601, title: time.to_fs(:long))
  end
end
